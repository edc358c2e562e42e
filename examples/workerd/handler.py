"""What the Worker answers. Run before the snapshot is taken, so that requests only call `answer`."""

import json
import random
import sys

import mismatched

thing = mismatched.Thing()


def answer(number):
    """Calls functions of every wrong arity, and one that cannot be called."""
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
                "path": mismatched.live_path(),
                "random": random.random(),
                "modules": len(sys.modules),
            }
        ),
        flush=True,
    )
