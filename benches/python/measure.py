"""measure.py INTERPRETER ROUNDS STATEMENTS PYPERFORMANCE: rounds of each case in turn, as JSON.

INTERPRETER is the module that only one of the interpreters has, or a dash. Without a folder of
pyperformance only the kinds of calls are measured.
"""

import importlib.util
import json
import sys
from time import perf_counter

import kinds
import programs

WARM = 2  # seconds
BLOCKS = 5  # A sample is the fastest of so many runs: other programs of the machine only make one slower.
MARKS = "main_trampoline", "no_trampoline", "counting_trampoline"


def measure(interpreter, rounds, statements, folder):
    """Samples and results by case, and trampoline calls of a run where they are counted."""
    for mark in MARKS:  # not another interpreter under this name
        assert (importlib.util.find_spec(mark) is not None) == (mark == interpreter), f"{mark}, {interpreter}"
    cases = {f"kind: {kind.name}": kind for kind in kinds.kinds(statements)}
    if folder:
        cases |= {f"program: {program.name}": program for program in programs.programs(folder)}
    start = perf_counter()
    while True:  # warm: specialised, compiled by the engine beside it, resolved
        for case in cases.values():
            case.run()
        if perf_counter() - start > WARM:
            break
    found = {"samples": {name: [] for name in cases}, "results": {name: [] for name in cases}}
    for _ in range(rounds):
        for name, case in cases.items():
            found["samples"][name].append(round(min(case.run() for _ in range(BLOCKS)), 2))
    for name, case in cases.items():
        found["results"][name] = case.result()
    if interpreter == "counting_trampoline":
        found["calls"] = {name: count(case) for name, case in cases.items()}
        found["expected"] = {f"kind: {kind.name}": kind.calls for kind in kinds.kinds(statements)}
    return found


def count(case):
    from counting_trampoline import calls

    before = calls()
    case.run()
    return calls() - before


if __name__ == "__main__":
    interpreter, rounds, statements, folder = sys.argv[1:]
    print(json.dumps(measure(interpreter, int(rounds), int(statements), folder)))
