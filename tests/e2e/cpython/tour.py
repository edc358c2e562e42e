"""Shows calls of C functions that are declared with other parameters than CPython passes."""

import sys

import mismatched

thing = mismatched.Thing()
CALLS = {
    "thing.noargs0()": ("METH_NOARGS", 0),
    "thing.noargs1()": ("METH_NOARGS", 1),
    "thing.o1('a')": ("METH_O", 1),
    "thing.varargs3('a', 'b')": ("METH_VARARGS", 3),
    "thing.keywords2('a', k=1)": ("VARARGS|KEYWORDS", 2),
    "thing.get0": ("getter", 0),
    "thing.get1": ("getter", 1),
    "mismatched.call_takes1()('a')": ("tp_call", 1),
    "thing.four_noargs()": ("METH_NOARGS", 4),
    "thing.no_result_o('a')": ("METH_O", "2, void"),
    "thing.f64_parameter": ("getter", "2, double"),
}

print(f"Python {sys.version.split()[0]} on {sys.platform}, {sys._emscripten_info.runtime if sys._emscripten_info.runtime else 'Node'}, path {mismatched.live_path()}")
print(f"{'call':30} {'called as':17} {'declared with':14} reached C, or the error")
for call, (kind, declared) in CALLS.items():
    try:
        result = f"{len(eval(call))} arguments"
    except SystemError as error:
        result = f"SystemError: {error}"
    print(f"{call:30} {kind:17} {declared!s:14} {result}")
