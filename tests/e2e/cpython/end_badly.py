"""How a call may end: more actions, run behind those of leave_behind.py."""

import builtins
import gc
import os
import sys

@action
def deep_stack():
    nested = []
    for _ in range(100000):
        nested = [nested]
    repr(nested)


@action
def native_stack():
    numbers = iter([1])
    for _ in range(400000):
        numbers = map(int, numbers)
    next(numbers)


@action
def trap():
    import operator

    holder = {}
    holder["call"] = operator.methodcaller("x", holder)
    del holder
    gc.collect()


@action
def all_memory():
    builtins.kept = []
    while True:
        builtins.kept.append(bytearray(1_000_000))


@action
def all_space():
    with open("/tmp/full", "wb") as file:
        while True:
            file.write(bytes(1_000_000))


@action
def recursion():
    recursion()


@action
def exits():
    sys.exit("evil")


@action
def exits_at_once():
    os._exit(7)


@action
def killed():
    os.kill(os.getpid(), 9)


@action
def interrupted():
    raise KeyboardInterrupt


@action
def more_memory():
    builtins.kept = bytearray(b"evil" * 25_000_000)


@action
def commands():
    assert os.system("touch evil") != 0
    os.popen("touch evil")
