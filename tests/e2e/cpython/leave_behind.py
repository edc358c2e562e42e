"""What a call may leave behind in its interpreter: each action is a function of ACTIONS. It may raise, exit or trap."""

import builtins
import gc
import io
import os
import sys

ACTIONS = {}
ZIP = next((path for path in sys.path if path.endswith(".zip")), "")


def action(function):
    ACTIONS[function.__name__] = function
    return function


@action
def nothing(): ...


@action
def modules():
    import json, types

    sys.modules["evil"] = types.ModuleType("evil")
    json.dumps = json.loads = None
    del sys.modules["re"]
    import colorsys, email.message, xml.etree.ElementTree, decimal, csv


@action
def patched_builtins():
    builtins.evil = 1
    builtins.open = builtins.isinstance = builtins.str = builtins.BaseException = builtins.compile = None
    del builtins.print


@action
def patched_os():
    import traceback, linecache

    for module in (os, sys.modules["posix"], traceback, linecache):
        for name in list(vars(module)):
            if callable(getattr(module, name)):
                setattr(module, name, lambda *given, **named: None)


@action
def system():
    sys.path.append("/evil")
    sys.argv = ["evil"]
    sys.setrecursionlimit(77)
    sys.excepthook = sys.unraisablehook = sys.displayhook = print
    sys.meta_path.insert(0, object())
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.set_int_max_str_digits(5000)
    sys.dont_write_bytecode = True
    sys.addaudithook(lambda *event: None)
    sys.stdout = sys.stderr = io.StringIO()


@action
def traced():
    sys.settrace(lambda *event: None)
    sys.setprofile(lambda *event: None)
    sys.monitoring.use_tool_id(3, "evil")


@action
def written_files():
    for folder in ("/", "/tmp", "/home/web_user", "/dev", "/dev/shm"):
        with open(f"{folder}/evil", "w") as file:
            file.write("evil" * 1000)
    os.makedirs("/tmp/deep/er/folder")
    os.symlink("/tmp/deep", "/tmp/link")
    os.utime("/tmp", (1, 1))
    os.chmod("/home", 0o700)


@action
def damaged_library():
    os.chmod(ZIP, 0o666)
    with open(ZIP, "r+b") as file:
        file.write(b"evil" * 10000)
        file.seek(0, 2)
        file.write(b"evil")


@action
def mapped_library():
    import mmap

    os.chmod(ZIP, 0o666)
    with open(ZIP, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 100000)
        shared.write(b"evil" * 1000)
        shared.flush()


@action
def truncated_library():
    os.chmod(ZIP, 0o666)
    os.truncate(ZIP, 5)


@action
def removed_files():
    os.rename(ZIP, "/tmp/away.zip")
    os.rename("/home", "/haus")
    for name in os.listdir("/dev"):
        try:
            os.unlink(f"/dev/{name}")
        except OSError:
            pass


@action
def closed_streams():
    os.set_blocking(0, False)
    os.closerange(0, 3)
    os.open("/tmp/evil", os.O_CREAT | os.O_RDWR)


@action
def moved_streams():
    fd = os.open("/tmp/output", os.O_CREAT | os.O_RDWR)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    print("evil")


@action
def terminals():
    for name in ("tty", "tty1"):
        os.write(os.open(f"/dev/{name}", os.O_WRONLY), b"evil")


@action
def many_files():
    open_files = []
    try:
        while True:
            open_files.append(os.open("/tmp", os.O_RDONLY))
    except OSError:
        pass
    builtins.kept = open_files


@action
def process():
    os.chdir("/tmp")
    os.umask(0o777)
    os.environ["EVIL"] = "1"
    os.environ["TZ"] = "EST5EDT"
    del os.environ["HOME"]


@action
def collector():
    gc.disable()
    gc.callbacks.append(lambda *event: None)
    gc.set_threshold(1, 1, 1)
    gc.freeze()


class Resurrected:
    def __del__(self):
        builtins.resurrected = self


@action
def finalizers():
    import atexit, weakref

    atexit.register(print, "evil")
    weakref.finalize(builtins.__class__, print, "evil")
    Resurrected()
    cycle = [Resurrected()]
    cycle.append(cycle)


@action
def signals():
    import faulthandler, signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, lambda *event: print("evil"))
    faulthandler.enable()
    signal.raise_signal(signal.SIGUSR1)


@action
def registries():
    import codecs, collections.abc, contextvars, copyreg, csv, decimal, functools, locale, random, re, warnings

    codecs.register(lambda name: None)
    codecs.register_error("evil", lambda error: ("", 0))
    collections.abc.Sized.register(int)
    copyreg.pickle(Resurrected, print)
    csv.field_size_limit(7)
    csv.register_dialect("evil", delimiter="|")
    decimal.getcontext().prec = 3
    contextvars.ContextVar("evil").set(1)
    warnings.simplefilter("error")
    random.seed(0)
    locale.setlocale(locale.LC_ALL, "C")
    for number in range(1000):
        re.compile(f"evil{number}")
        sys.intern(f"evil {number}")


@action
def types():
    import collections, json

    json.JSONEncoder.default = json.JSONDecoder.decode = lambda *given: "evil"
    collections.Counter.evil = collections.UserDict.evil = 1
    sys.modules[json.__name__].__class__ = type("Evil", (type(json),), {})


@action
def unfinished():
    def generator():
        yield 1

    async def coroutine():
        await coroutine()

    builtins.kept = [generator(), coroutine()]
    next(builtins.kept[0])
    builtins.kept[1].send


@action
def thread():
    import threading

    threading.Thread(target=print).start()


@action
def pipes():
    builtins.kept = os.pipe()
    os.write(builtins.kept[1], b"evil")


@action
def sockets():
    import socket

    socket.socket()


@action
def names():
    import socket

    try:
        socket.gethostbyname("evil.example")
    finally:
        socket.getprotobyname("tcp")


@action
def mapped():
    import mmap

    builtins.kept = mmap.mmap(-1, 100000)
    builtins.kept.write(b"evil" * 1000)
    with open("/tmp/mapped", "w+b") as file:
        file.write(bytes(100000))
        file.flush()
        shared = mmap.mmap(file.fileno(), 100000)
        shared.write(b"evil" * 1000)
        shared.flush()


@action
def some_memory():
    builtins.kept = [bytearray(b"evil" * 250000) for _ in range(4)]


@action
def freed_memory():
    blocks = [os.urandom(size) for size in range(1, 3000)]
    del blocks[::2]
    builtins.kept = blocks


@action
def javascript():
    import mismatched

    mismatched.mark()
