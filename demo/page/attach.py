"""What the page's view "Attach" measures: calls of C functions in stock Pyodide, by kind."""

import functools
import json
from itertools import repeat
from time import perf_counter
from xml.etree import ElementTree

REPEATED = 10  # in the body of the loop


def clock_step():
    """How far apart two times of the clock are: 5 µs to 1 ms, by browser and isolation."""
    start = perf_counter()
    while (now := perf_counter()) == start:
        pass
    return now - start


# Seconds of a run, and runs of which the fastest counts: other programs of the machine only make one slower, and so
# does what is not resolved or compiled yet.
SHORTEST = max(0.003, 20 * min(clock_step() for _ in range(5)))
RUNS = max(2, round(0.04 / SHORTEST))

VIEW = memoryview(b"")
VIEW.release()  # to release it again is the least that a VARARGS method of CPython's own does
TREE = ElementTree.fromstring("<list>" + "<item key='value'>text</item>" * 20 + "</list>")

# Statement, how CPython calls C in it, names in it.
CASES = [
    ("d.keys()", "METH_NOARGS", {"d": {1: 2}}),
    ("s.isascii()", "METH_NOARGS", {"s": "abc"}),
    ("callable(f)", "METH_O", {"callable": callable, "f": print}),
    ("[].count(x)", "METH_O", {"x": 1}),
    ("v.__exit__()", "METH_VARARGS", {"v": VIEW}),
    ("e.args", "getter", {"e": Exception(1)}),
    ("e.args = ()", "setter", {"e": Exception()}),
    ("cached(1)", "tp_call", {"cached": functools.lru_cache(lambda n: n)}),
    ("tostring(tree)", "a program: ElementTree", {"tostring": ElementTree.tostring, "tree": TREE}),
]


class Case:
    """A loop around the statement; the names are its locals."""

    def __init__(self, statement, names):
        body = "\n        ".join([statement] * REPEATED)
        scope = {}
        exec(f"def loop({', '.join(['times', *names])}):\n    for _ in times:\n        {body}\n", scope)
        self.loop = functools.partial(scope["loop"], **names)
        self.count = 1

    def seconds(self):
        start = perf_counter()
        self.loop(repeat(None, self.count))
        return perf_counter() - start

    def calibrate(self):
        """As many turns as take long enough."""
        while self.fastest(3) < SHORTEST:
            self.count *= 2

    def fastest(self, runs):
        return min(self.seconds() for _ in range(runs))

    def nanoseconds(self):
        """For each statement, with the loop's share."""
        return self.fastest(RUNS) * 1e9 / (self.count * REPEATED)


cases = [Case(statement, names) for statement, _, names in CASES]


def kinds():
    """The rows of the table, as JSON."""
    return json.dumps([[statement, kind] for statement, kind, _ in CASES])


def calibrate():
    for case in cases:
        case.calibrate()


def measure():
    """A sample of each case, as JSON."""
    return json.dumps([case.nanoseconds() for case in cases])
