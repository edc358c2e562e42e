"""All that a call can find out about the state of its interpreter, as one value: fresh interpreters agree."""

import builtins, gc, os, sys


def attempt(function, *given):
    try:
        return str(function(*given))
    except Exception as error:
        return repr(error)


def tree(folder):
    for name in sorted(os.listdir(folder)):
        path = f"{folder}/{name}"
        if path == "//proc/self/fd":
            continue
        state = os.lstat(path)
        times = [time > 1e6 for time in (state.st_atime, state.st_mtime, state.st_ctime)]
        yield path, state[:7], times, attempt(os.readlink, path)
        if os.path.isdir(path) and not os.path.islink(path):
            yield from tree(path)


def content(path):
    # Fresh interpreters have the hash seed of their snapshot.
    with open(path, "rb") as file:
        return hash(file.read())


def found():
    import signal, time

    mask = os.umask(0)
    os.umask(mask)
    state = {
        "place of an object": id(object()),
        "builtins": [(name, repr(getattr(builtins, name))) for name in sorted(vars(builtins))],
        "modules": sorted(sys.modules),
        "attributes": {name: sorted(vars(module)) for name, module in sorted(sys.modules.items()) if name != "__main__"},
        "sys": [sys.path, sys.argv, sys.getrecursionlimit(), repr(sys.excepthook), len(sys.meta_path), len(sys.path_hooks)],
        "numbers": [sys.get_int_max_str_digits(), sys.dont_write_bytecode],
        "traced": [repr(sys.gettrace()), repr(sys.getprofile()), sys.monitoring.get_tool(3)],
        "blocking": [os.get_blocking(fd) for fd in range(3)],
        "input": sys.stdin.read(),
        "streams": [repr(sys.stdin), repr(sys.stdout), repr(sys.stderr)],
        "files": list(tree("/")),
        "library": [content(path) for path in sys.path if path.endswith(".zip")],
        "open files": [attempt(lambda: os.fstat(fd)[:7]) for fd in range(10)],
        "process": [os.getcwd(), mask, sorted(os.environ.items()), time.tzname],
        "collector": [gc.isenabled(), len(gc.callbacks), gc.get_threshold(), gc.get_freeze_count(), len(gc.get_objects())],
        "signals": [repr(signal.getsignal(number)) for number in range(1, 32)],
    }
    import atexit, asyncio, faulthandler, random, threading, warnings

    state["run later"] = [atexit._ncallbacks(), faulthandler.is_enabled(), repr(threading.enumerate()), threading.gettrace()]
    state["loop"] = [repr(asyncio._get_running_loop()), repr(sys.get_asyncgen_hooks()), sys.get_coroutine_origin_tracking_depth()]
    state["switches"] = [sys.getswitchinterval(), len(warnings.filters), sys.monitoring.get_tool(0)]
    # True for the first who interns it; what `random.seed(0)` draws first.
    text = "evil " + str(len("evil"))
    state["interned"] = sys.intern(text) is text
    state["seeded"] = random.random() == 0.8444218515250481
    state["main"] = sorted(name for name in vars(sys.modules["__main__"]) if name not in ("attempt", "tree", "content", "found"))
    import codecs, csv, decimal

    with open("/tmp/new", "w") as file:
        state["new file"] = os.fstat(file.fileno())[1]
    state["registries"] = [csv.field_size_limit(), csv.list_dialects(), decimal.getcontext().prec, attempt(codecs.lookup_error, "evil")]
    return state


for name, stream in ("tty", sys.stdout), ("tty1", sys.stderr):
    os.write(os.open(f"/dev/{name}", os.O_WRONLY), b"!\n")
    print("found", file=stream)
found()
