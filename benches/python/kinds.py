"""Calls of C functions by kind: the statements go through CPython's trampoline as often as said here.

`len(x)` and `list.append` would not: the interpreter has instructions of its own for them. Functions of
METH_FASTCALL, which most with two or more parameters are, never do.
"""

import functools
import gc
from itertools import repeat
from time import perf_counter

REPEATED = 10  # in the body of the loop

VIEW = memoryview(b"")
VIEW.release()  # to release it again is the least that a VARARGS method of CPython's own does

# Name, statement, names in it, calls of the trampoline.
KINDS = [
    ("NOARGS method s.isascii()", "s.isascii()", {"s": "abc"}, 1),
    ("NOARGS method d.keys()", "d.keys()", {"d": {1: 2}}, 1),
    ("NOARGS function gc.isenabled()", "f()", {"f": gc.isenabled}, 1),
    ("O method s.add(1)", "s.add(1)", {"s": {1}}, 1),
    ("O method d.__contains__(1)", "d.__contains__(1)", {"d": {1: 2}}, 1),
    ("O function callable(f)", "f(f)", {"f": callable}, 1),
    ("VARARGS method view.__exit__()", "v.__exit__()", {"v": VIEW}, 1),
    # One call for the function object's tp_call, one for the function.
    ("VARARGS function reduce(f, (), 1)", "f(f, (), 1)", {"f": functools.reduce}, 2),
    ("VARARGS and keywords d.update(e)", "d.update(e)", {"d": {}, "e": {}}, 1),
    ("getter n.real", "n.real", {"n": 5}, 1),
    ("getter e.args", "e.args", {"e": Exception(1)}, 1),
    ("setter e.args = ()", "e.args = ()", {"e": Exception()}, 1),
    ("setter e.__cause__ = None", "e.__cause__ = None", {"e": Exception()}, 1),
    ("tp_call complex()", "f()", {"f": complex}, 1),
    ("tp_call of a cached function", "f(1)", {"f": functools.lru_cache(lambda x: x)}, 1),
]
EMPTY = "empty loop"


def loop(statement, names):
    """A function that runs the statement REPEATED times for each item of `times`; the names are its locals."""
    parameters = ", ".join(["times", *names])
    body = "\n        ".join([statement] * REPEATED)
    scope = {}
    exec(f"def run({parameters}):\n    for _ in times:\n        {body}\n", scope)
    return functools.partial(scope["run"], **names)


class Kind:
    """One case; a sample is nanoseconds per statement, with the loop's share."""

    def __init__(self, name, statement, names, calls, statements):
        self.name = name
        self.calls = calls
        self.statement, self.names = statement, names
        self.count = statements // REPEATED
        self.loop = loop(statement, names)

    def run(self):
        start = perf_counter()
        self.loop(repeat(None, self.count))
        return (perf_counter() - start) * 1e9 / (self.count * REPEATED)

    def result(self):
        """The value of the statement, or of what it changed."""
        if self.name == EMPTY:
            return ""
        if " = " in self.statement:
            exec(self.statement, dict(self.names))
            return repr(eval(self.statement.split(" = ")[0], dict(self.names)))
        return repr(eval(self.statement, dict(self.names)))


def kinds(statements):
    """All of them, the empty loop first."""
    return [Kind(EMPTY, "pass", {}, 0, statements)] + [Kind(*kind, statements) for kind in KINDS]
