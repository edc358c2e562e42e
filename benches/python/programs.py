"""Programs of pyperformance, by their functions. Each is a run that is timed, and its result, which is not.

Most are smaller than pyperformance's: a run of few milliseconds is often done before the machine's other
programs interrupt it.
"""

import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import logging
import re
import sys
from time import perf_counter

FOLDER = []  # of pyperformance's benchmarks


def load(name):
    """The module of a program."""
    spec = importlib.util.spec_from_file_location(f"bm_{name}", f"{FOLDER[0]}/bm_{name}/run_benchmark.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def same(value):
    """The result of a run that returns it."""
    return value


def true(value):
    """The result of a run that checks itself."""
    assert value is True, value
    return value


def richards():
    program = load("richards").Richards()
    return lambda: program.run(1), true  # it compares its counts with what they must be


def deltablue():
    program = load("deltablue")

    def run():
        with contextlib.redirect_stdout(io.StringIO()) as complaints:
            program.delta_blue(30)
        return complaints.getvalue()

    return run, same


def go():
    program = load("go")
    program.GAMES = 3
    return program.versus_cpu, same


def hexiom():
    program = load("hexiom")
    return lambda: program.main(1, 10), lambda time: time > 0  # it compares the solution itself


def float_():
    program = load("float")
    return lambda: program.benchmark(2_000), same


def nbody():
    program = load("nbody")

    def run():
        bodies = copy.deepcopy(program.SYSTEM)
        pairs = program.combinations(bodies)
        program.advance(0.01, 200, bodies, pairs)
        return program.report_energy(bodies, pairs)

    return run, same


def fannkuch():
    program = load("fannkuch")
    return lambda: program.fannkuch(6), same


def spectral_norm():
    program = load("spectral_norm")

    def run():
        u = v = [1] * 30
        for _ in range(2):
            v = program.eval_AtA_times_u(u)
            u = program.eval_AtA_times_u(v)
        return sum(a * b for a, b in zip(u, v)) / sum(a * a for a in v)

    return run, same


def json_dumps():
    program = load("json_dumps")
    data = [(obj, range(count // 40 or 1)) for obj, count in map(vars(program).get, program.CASES)]
    return lambda: program.bench_json_dumps(data), lambda _: [json.dumps(obj) for obj, _ in data]


def json_loads():
    program = load("json_loads")
    objects = [json.dumps(obj) for obj in (program.DICT, program.TUPLE, program.DICT_GROUP)] * 3
    return lambda: program.bench_json_loads(objects), lambda _: [json.loads(text) for text in objects]


def pure_pickle():
    sys.modules["_pickle"] = None
    import pickle

    assert pickle.Pickler.__module__ == "pickle", "pickle is not the one in Python"
    return pickle


def pickle_pure_python():
    program, pickle = load("pickle"), pure_pickle()
    objects = [program.DICT, program.TUPLE, program.DICT_GROUP] * 4
    return lambda: [pickle.dumps(obj) for obj in objects], same


def unpickle_pure_python():
    program, pickle = load("pickle"), pure_pickle()
    data = [pickle.dumps(obj) for obj in (program.DICT, program.TUPLE, program.DICT_GROUP)] * 8
    return lambda: [pickle.loads(text) for text in data], same


def regex_compile():
    program = load("regex_compile")
    # Not those of regex_v8: capturing them fails, in pyperformance's own runner as well.
    regexes = [(regex.pattern, 0) for regex in load("regex_effbot").gen_regex_table()]
    run = lambda: program.bench_regex_compile(1, regexes)
    return run, lambda _: [re.compile(*regex).groups for regex in regexes]


def regex_effbot():
    program = load("regex_effbot")
    program.bench_regex_effbot.data = program.init_benchmarks((0, 5, 50, 250))
    run = lambda: program.bench_regex_effbot(1)
    return run, lambda _: [str(re.search(*pair)) for pair in program.bench_regex_effbot.data]


def logging_simple():
    program = load("logging")
    stream, logger = io.StringIO(), logging.getLogger("benchmark")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(stream))
    return lambda: program.bench_simple_output(20, logger, stream), lambda _: stream.getvalue()


def xml_etree_generate():
    import xml.etree.ElementTree as etree

    program = load("xml_etree")
    return lambda: etree.tostring(program.build_xml_tree(etree)), same


def deepcopy():
    program = load("deepcopy")
    value = {"data": program.A("text", [1, (2, 3)], True)}
    return lambda: program.benchmark(2), lambda _: copy.deepcopy(value)


PROGRAMS = [
    richards, deltablue, go, hexiom, float_, nbody, fannkuch, spectral_norm, json_dumps, json_loads,
    pickle_pure_python, unpickle_pure_python, regex_compile, regex_effbot, logging_simple,
    xml_etree_generate, deepcopy,
]


class Program:
    """One case; a sample is nanoseconds per run."""

    def __init__(self, setup):
        self.name = setup.__name__.rstrip("_")
        self.program, self.check = setup()
        self.value = None

    def run(self):
        start = perf_counter()
        self.value = self.program()
        return (perf_counter() - start) * 1e9

    def result(self):
        """Of the last run, short."""
        return hashlib.sha256(repr(self.check(self.value)).encode()).hexdigest()[:16]


def programs(folder):
    FOLDER[:] = [folder]
    return [Program(setup) for setup in PROGRAMS]
