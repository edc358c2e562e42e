"""What a call may leave where nobody looks, also by breaking Python's rules: more actions, run behind those of leave_behind.py."""

import builtins
import os
import sys

@action
def odd_names():
    for name in ("__proto__", "constructor", "toString", "with\nline", "\udcff", "x" * 200):
        os.mkdir(f"/tmp/{name}")
        os.symlink(f"/tmp/{name}", f"/tmp/{name}/again")
        os.rename(f"/tmp/{name}", f"/dev/{name}")
    os.symlink("/tmp/loop", "/tmp/loop")
    for name in ("mkfifo", "mknod"):
        try:
            getattr(os, name)("/tmp/made")
        except (AttributeError, OSError):
            pass


@action
def descriptors():
    os.dup2(0, 50)
    os.set_inheritable(os.dup(1), True)
    os.lseek(os.open(ZIP, os.O_RDONLY), 1000, 0)
    for name in ("null", "random", "urandom", "stdin", "tty", "shm"):
        try:
            os.read(os.open(f"/dev/{name}", os.O_RDWR), 100)
        except OSError:
            pass
    os.chdir("/proc/self/fd")


@action
def locks():
    import _imp, _thread, threading

    _imp.acquire_lock()
    builtins.kept = _thread.allocate_lock()
    builtins.kept.acquire()
    threading.local().evil = 1
    threading.settrace(print)
    threading.excepthook = print


@action
def loops():
    import asyncio

    async def task():
        await asyncio.Future()

    builtins.kept = asyncio.base_events.BaseEventLoop()
    builtins.kept.create_task(task())
    asyncio._set_running_loop(builtins.kept)
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())


@action
def watchers():
    import weakref

    class Watched: ...

    builtins.kept = Watched()
    builtins.watcher = weakref.ref(builtins.kept, lambda _: print("evil"))
    sys.setswitchinterval(0.0001)
    sys.set_asyncgen_hooks(print, print)
    sys.set_coroutine_origin_tracking_depth(5)
    monitoring = sys.monitoring
    monitoring.use_tool_id(0, "evil")
    monitoring.register_callback(0, monitoring.events.PY_START, lambda *event: None)
    monitoring.set_events(0, monitoring.events.PY_START)


def crafted(address):
    """The object at an address: a constant that lies beyond the code's own."""
    import opcode, struct

    pointer = struct.pack("<I", address)
    constants = (None,)
    at = (id(pointer) + 16 - id(constants) - 12) // 4 & 0x3FFFFFFF
    code = [("RESUME", 0), *(("EXTENDED_ARG", at >> shift & 255) for shift in (24, 16, 8))]
    code += [("LOAD_CONST", at & 255), ("RETURN_VALUE", 0)]

    def read(): ...

    bytecode = bytes(byte for name, argument in code for byte in (opcode.opmap[name], argument))
    read.__code__ = read.__code__.replace(co_code=bytecode, co_consts=constants)
    return read()


def all_of_memory(size=32 << 20):
    """As a bytearray, which begins at address 0: what `ctypes` would do."""
    import struct

    fake = struct.pack("<6I", 1 << 20, id(bytearray), size, size, 0, 0) + bytes(8)
    builtins.fake = fake
    return crafted(id(fake) + 16)


@action
def poked():
    memory = all_of_memory()
    assert memory[id(builtins) : id(builtins) + 4] != bytes(4)
    for place in (len(memory) - 4, len(memory) - 1_000_000, 1 << 20, 1 << 22):
        memory[place : place + 4] = b"evil"
