"""What the Worker answers. Run before the snapshot is taken, so that requests only call `answer`."""

import json
import random
import sys

import offenders

thing = offenders.Thing()


def answer(number):
    """Calls functions of every wrong arity, and one that cannot be called."""
    try:
        offenders.four_noargs()
    except SystemError as error:
        refused = str(error)
    print(
        json.dumps(
            {
                "number": number,
                "square": number * number,
                "noargs": [len(offenders.noargs0()), len(offenders.noargs1()), len(offenders.noargs3())],
                "o": offenders.o2(number)[1],
                "varargs": offenders.varargs3(number, number + 1)[1],
                "getter": len(thing.get1),
                "refused": refused,
                "path": offenders.live_path(),
                "random": random.random(),
                "modules": len(sys.modules),
            }
        ),
        flush=True,
    )
