"""What the page asks of Python. Answers are JSON."""

import code
import importlib.machinery
import json
import signal
import sys

# For the first traceback, which would import it: the network may be gone by then.
import tokenize

import dispatch
import mismatched
import suspend

console = code.InteractiveInterpreter({"__name__": "__console__", "__doc__": None})
thing = mismatched.Thing()
# Embedded Python installs no handlers of its own.
signal.signal(signal.SIGINT, signal.default_int_handler)


class AsyncioFinder:
    """Finds asyncio, whose loops wake themselves through a pair of sockets. Here nothing else runs that
    could wake them, and sockets cannot be paired: they do without.
    """

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "asyncio":
            return None
        sys.meta_path.remove(cls)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            loop = module.selector_events.BaseSelectorEventLoop
            loop._make_self_pipe = lambda self: vars(self).update(_ssock=None, _csock=None)
            loop._close_self_pipe = lambda self: None

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, AsyncioFinder)

#: Call: how CPython calls it, and what the C function was declared with.
CALLS = {
    "thing.noargs0()": ("METH_NOARGS", "no parameter"),
    "thing.noargs1()": ("METH_NOARGS", "1"),
    "thing.noargs3()": ("METH_NOARGS", "3"),
    "thing.o1('a')": ("METH_O", "1"),
    "thing.o3('a')": ("METH_O", "3"),
    "thing.varargs0('a', 'b')": ("METH_VARARGS", "no parameter"),
    "thing.varargs3('a', 'b')": ("METH_VARARGS", "3"),
    "thing.keywords2('a', k=1)": ("VARARGS|KEYWORDS", "2"),
    "thing.get0": ("getter", "no parameter"),
    "thing.get1": ("getter", "1"),
    "mismatched.call_takes1()('a')": ("tp_call", "1"),
    "thing.four_noargs()": ("METH_NOARGS", "4"),
    "thing.no_result_o('a')": ("METH_O", "2, void"),
    "thing.f64_parameter": ("getter", "2, a double"),
}
SPEEDS = {
    "a typed call": "direct",
    "ours": "same",
    "CPython's design": "upstream",
    "JavaScript": "javascript",
}
ROUNDS, SHORTEST_MS = 15, 20


def symbol_of(source):
    """What to compile it as: one statement shows its value, several do not."""
    if "\n" not in source.strip():
        return "single"
    try:
        compile(source, "<console>", "single")
    except SyntaxError:
        return "exec"
    return "single"


def push(source):
    """Runs what was typed, if it is whole; true if Python wants more."""
    try:
        return json.dumps(console.runsource(source, "<console>", symbol_of(source)))
    except SystemExit:
        print("exit() has no meaning here: close the page", file=sys.stderr)
        return json.dumps(False)


def about(_):
    """For the line that always stands there."""
    return json.dumps({"python": sys.version.split()[0], "path": mismatched.live_path()})


def signatures(_):
    """Makes the calls."""
    rows = []
    for call, (kind, declared) in CALLS.items():
        try:
            count = len(eval(call))
            result, refused = f"{count} argument{'s' * (count != 1)} reached C", False
        except SystemError as error:
            result, refused = f"SystemError: {error}", True
        rows.append({"call": call, "kind": kind, "declared": declared, "result": result, "refused": refused})
    return json.dumps(rows)


def suspended(url):
    """Waits for a download in a mismatched function that a sort calls."""
    try:
        texts = sorted([url, url], key=suspend.fetch)
        result = f"{len(texts)} downloads, {len(suspend.fetch(url))} characters each"
    except RuntimeError as error:
        result = f"RuntimeError: {error}"
    return json.dumps(result)


def calls_for(what):
    """As many as take long enough for a coarse clock. Warms up on the way."""
    calls = 50_000
    while dispatch.measure(what, calls) * calls < SHORTEST_MS * 1e6:
        calls *= 2
    return calls


def speed(_):
    """Times of each kind in turn, and their ratios to the typed call of the same round."""
    names = {name: what for name, what in SPEEDS.items() if what != "upstream" or dispatch.has_upstream()}
    calls = {name: calls_for(what) for name, what in names.items()}
    kinds = {name: {"times": [], "ratios": []} for name in names}
    for _round in range(ROUNDS):
        for name, what in names.items():
            time = dispatch.measure(what, calls[name])
            kinds[name]["times"].append(time)
            kinds[name]["ratios"].append(time / kinds["a typed call"]["times"][-1])
    return json.dumps({"kinds": kinds, "rounds": ROUNDS, "shortest": SHORTEST_MS})
