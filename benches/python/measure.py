"""measure.py INTERPRETER ROUNDS STATEMENTS WARM PYPERFORMANCE: rounds of each case in turn, as JSON.

WARM is in seconds. INTERPRETER is the module that only one of the interpreters has, or a dash. Without a folder of
pyperformance only the kinds of calls are measured.
"""

import importlib.util
import json
import sys
from time import perf_counter

import kinds
import programs

BLOCKS = 5  # A sample is the fastest of so many runs: other programs of the machine only make one slower.
MARKS = "main_trampoline", "no_trampoline", "counting_trampoline"


def all_cases(statements, folder):
    """The kinds of calls and, where there is a folder of pyperformance, the programs, by name."""
    cases = {f"kind: {kind.name}": kind for kind in kinds.kinds(statements)}
    if folder:
        cases |= {f"program: {program.name}": program for program in programs.programs(folder)}
    return cases


def warm(cases, seconds):
    """Until they are specialised, compiled by the engine beside it, resolved."""
    start = perf_counter()
    while True:
        for case in cases.values():
            case.run()
        if perf_counter() - start > seconds:
            break


def a_round(cases):
    """A sample of each."""
    return {name: round(min(case.run() for _ in range(BLOCKS)), 2) for name, case in cases.items()}


def results(cases):
    """What the last run of each returned."""
    return {name: case.result() for name, case in cases.items()}


def measure(interpreter, rounds, statements, seconds, folder):
    """Samples and results by case, and trampoline calls of a run where they are counted."""
    for mark in MARKS:  # not another interpreter under this name
        assert (importlib.util.find_spec(mark) is not None) == (mark == interpreter), f"{mark}, {interpreter}"
    cases = all_cases(statements, folder)
    warm(cases, seconds)
    found = {"samples": {name: [] for name in cases}}
    for _ in range(rounds):
        for name, sample in a_round(cases).items():
            found["samples"][name].append(sample)
    found["results"] = results(cases)
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
    interpreter, *numbers, folder = sys.argv[1:]
    print(json.dumps(measure(interpreter, *map(int, numbers), folder)))
