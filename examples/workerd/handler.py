"""What the Worker answers. Run before the snapshot is taken, so that requests only call `answer`."""

import json
import random
import sys

import mismatched

thing = mismatched.Thing()
requests = 0


def answer(number, path=None):
    """Calls functions of every wrong arity, and one that cannot be called; counts the requests that this Python has had."""
    global requests
    requests += 1
    try:
        mismatched.four_noargs()
    except SystemError as error:
        refused = str(error)
    print(
        json.dumps(
            {
                "number": number,
                "square": number * number,
                "noargs": [len(mismatched.noargs0()), len(mismatched.noargs1()), len(mismatched.noargs3())],
                "o": mismatched.o2(number)[1],
                "varargs": mismatched.varargs3(number, number + 1)[1],
                "getter": len(thing.get1),
                "refused": refused,
                "path": path or mismatched.live_path(),
                "requests": requests,
                "random": random.random(),
                "modules": len(sys.modules),
            }
        ),
        flush=True,
    )
