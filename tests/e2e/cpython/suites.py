"""suites.py NAME EXTENSION,... [TESTS ...]: a package's own tests, and where its extensions were loaded from.

Prints a line of JSON: the live path, the files of the extensions (None if compiled in), how each test ended.
"""

import gc
import json
import os
import socket
import sys
import types
import unittest

import mismatched

# Files of tests that are left out.
LEFT_OUT = {
    # They ask for programs and packages that are not here: subprocesses, mypy, towncrier, Hypothesis, CodSpeed.
    "multidict": [
        "test_callgrind_driver.py", "test_circular_imports.py", "test_hypothesis_concurrency.py",
        "test_hypothesis_iters.py", "test_hypothesis_multidict.py", "test_hypothesis_views.py", "test_leaks.py",
        "test_multidict_benchmarks.py", "test_mypy.py", "test_release_notes_md.py", "test_views_benchmarks.py",
        "test_watched_benchmarks.py",
        # They start threads.
        "test_free_threading.py",
        # They take minutes on a machine with two cores.
        "test_finalizer_reentrancy.py", "test_freelist.py", "test_guard.py", "test_table_kinds.py", "test_update.py",
    ],
    # They start threads, or subprocesses.
    "wrapt": [
        "test_entry_points.py", "test_memoize.py", "test_post_import_hooks.py", "test_synchronized_async.py",
    ],
}

# Tests that start threads or processes, by pytest's expressions. When multidict's churn fails, it leaves its watchers behind: later tests find
# no free one, fail, too, and call what is no longer there.
DESELECTED = {"multidict": "not thread and not churn_races and not torn_down"}


def with_pytest(name, *tests):
    import pytest

    results = {}

    class Reports:
        def pytest_runtest_logreport(self, report):
            if report.when == "call" or not report.passed:
                results[report.nodeid] = report.outcome

        def pytest_collectreport(self, report):
            if report.failed:
                results[report.nodeid] = "not collected"

    ignored = [f"--ignore={tests[0]}/{file}" for file in LEFT_OUT.get(name, [])]
    empty = os.path.join(os.path.dirname(__file__), "pytest.ini")
    options = ["--quiet", f"--config-file={empty}", f"--rootdir={tests[0]}", "-pno:cacheprovider", "-pno:faulthandler"]
    # What multidict runs on its Python implementation as well is left out.
    selection = ["-m", "not pure_python", "-k", DESELECTED.get(name, "")]
    pytest.main([*options, "--capture=no", *selection, *ignored, *tests], [Reports()])
    return sorted(results.items())


class Recorder(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.results = []

    def startTest(self, test):
        super().startTest(test)
        self.status = "passed"

    def stopTest(self, test):
        super().stopTest(test)
        self.results.append((test.id(), self.status))

    def note(self, status, test):
        self.status = status
        if not isinstance(test, unittest.TestCase):  # a fixture of a class or module
            self.results.append((test.id(), status))

    def addError(self, test, error):
        super().addError(test, error)
        self.note("failed", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note("failed", test)

    def addSkip(self, test, reason):
        self.note("skipped", test)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.status = "failed"


def with_unittest(names):
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    recorder = Recorder()
    suite.run(recorder)
    for test, text in recorder.errors + recorder.failures:
        print(test, text)
    return sorted(recorder.results)


def socketpair(*arguments):
    """An event loop of asyncio begins with one. In Node emscripten would ask for a package of npm, and end the program."""
    raise unittest.SkipTest("emscripten has no pairs of sockets")


def run(name, *tests):
    socket.socketpair = socketpair
    match name:
        case "mismatched":
            sys.path.insert(0, os.path.dirname(__file__))
            return with_unittest(["test_mismatched"])
        case "persistent":
            # cffi's part of the Python implementation, whose tests are left out.
            sys.modules["persistent._ring"] = types.SimpleNamespace(ffi=None, lib=None)
            names = [
                "_compat", "compile_flags", "list", "mapping.PersistentMappingTests", "persistence.CPersistentTests",
                "picklecache.CPickleCacheTests", "timestamp", "wref",
            ]
            return with_unittest([f"persistent.tests.test_{name}" for name in names])
        case "regex":
            return with_unittest(["regex.tests.test_regex"])
        case "kiwisolver":
            # Its tp_clear functions return nothing, and CPython calls tp_clear without a trampoline.
            gc.disable()
            gc.collect = int
    return with_pytest(name, *tests)


def main(name, extensions, *tests):
    results = run(name, *tests)
    files = [getattr(sys.modules[module], "__file__", None) for module in extensions.split(",")]
    print("\n" + json.dumps({"path": mismatched.live_path(), "files": files, "results": results}), flush=True)
    # An end in order collects garbage: see kiwisolver.
    os._exit(0)


main(*sys.argv[1:])
