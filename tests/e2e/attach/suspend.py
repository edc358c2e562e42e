"""Python waits for a promise under mismatched functions, and under the interpreter's own (JSPI)."""

import itertools

import mismatched
from js import Promise, setTimeout
from pyodide.ffi import can_run_sync, create_once_callable, run_sync

ARGUMENTS = {"noargs": (), "o": (1,), "varargs": (1, 2), "keywords": (1,)}


def wait(value):
    def start(resolve, _reject):
        setTimeout(create_once_callable(lambda: resolve(value)), 1)

    return run_sync(Promise.new(create_once_callable(start)))


def under_the_interpreters_own():
    """METH_O functions that call Python."""
    assert any(wait(n) for n in range(3))
    assert ",".join(str(wait(n)) for n in range(3)) == "0,1,2"


def under_mismatched():
    turns = itertools.count()
    mismatched.set_callback(lambda: wait(next(turns)))
    for kind, arguments in ARGUMENTS.items():
        for arity in range(4):
            function = getattr(mismatched, f"{kind}_waits{arity}")
            before = next(turns)
            assert function(*arguments) == before + 1
    assert sorted([3, 1, 2], key=lambda item: (-item, mismatched.noargs_waits0())) == [3, 2, 1]
    before = next(turns)
    assert mismatched.Thing().waits1 == before + 1


assert can_run_sync()
under_the_interpreters_own()
under_mismatched()
"right"
