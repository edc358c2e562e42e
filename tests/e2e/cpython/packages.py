"""packages.py NAME [TESTS]: a package's own tests, and which of its mismatched functions were called.

Prints a line of JSON. TESTS is the folder of the tests, where they are not in the package.
"""

import gc
import json
import os
import sys
import types
import unittest

import declared
import mismatched

METHODS = (types.MethodDescriptorType, types.ClassMethodDescriptorType, types.BuiltinMethodType)


def bitarray():
    from bitarray import bitarray, decodetree, test

    result = test(verbosity=0)
    # The tests call these from C, by bytes() and sys.getsizeof().
    assert bitarray("10000001").__bytes__() == b"\x81"
    assert decodetree({"a": bitarray("0")}).__sizeof__() > 0
    return ["bitarray._bitarray", "bitarray._util"], None, counts(result)


def kiwisolver(tests):
    import pytest

    # Its tp_clear functions return nothing, and CPython calls tp_clear without a trampoline.
    gc.disable()
    gc.collect = int
    ran, failed = [], []

    class Reports:
        def pytest_runtest_logreport(self, report):
            if report.when == "call":
                ran.append(report.nodeid)
            if not report.passed:
                failed.append(report.nodeid)

    pytest.main(["--quiet", "-pno:cacheprovider", "-pno:faulthandler", "--capture=no", tests], [Reports()])
    return ["kiwisolver._cext"], None, (len(ran), failed)


def persistent():
    # cffi's part of the Python implementation, whose tests are left out.
    sys.modules["persistent._ring"] = types.SimpleNamespace(ffi=None, lib=None)
    names = [
        "_compat", "compile_flags", "list", "mapping.PersistentMappingTests", "persistence.CPersistentTests",
        "picklecache.CPickleCacheTests", "timestamp", "wref",
    ]
    names = [f"persistent.tests.test_{name}" for name in names]
    result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromNames(names))
    from persistent import Persistent

    return [f"persistent.{name}" for name in ("cPersistence", "cPickleCache", "_timestamp")], Persistent(), counts(result)


def counts(result):
    return result.testsRun, [test.id() for test, _ in result.errors + result.failures]


def definition(function):
    """What a bound method was made of, by which it is known."""
    if isinstance(function, types.BuiltinMethodType) and not isinstance(function.__self__, types.ModuleType):
        owner = function.__self__ if isinstance(function.__self__, type) else type(function.__self__)
        found = [vars(base)[function.__name__] for base in owner.__mro__ if function.__name__ in vars(base)]
        return found[0] if found else function
    return function


def mismatched_of(modules):
    """What CPython calls with another number of arguments than is declared: objects of types and modules."""
    for module in modules:
        for value in vars(sys.modules[module]).values():
            for member in vars(value).values() if isinstance(value, type) else [value]:
                if any(passed != parameters for passed, parameters in declared.functions_of(member)):
                    yield member


def main(name, *arguments):
    called = set()

    def note(code, offset, function, argument):
        if isinstance(function, METHODS):
            called.add(id(definition(function)))

    tool, calls = sys.monitoring.PROFILER_ID, sys.monitoring.events.CALL
    sys.monitoring.use_tool_id(tool, name)
    sys.monitoring.register_callback(tool, calls, note)
    sys.monitoring.set_events(tool, calls)
    modules, instance, (tests, failed) = globals()[name](*arguments)
    sys.monitoring.set_events(tool, 0)

    for module in modules:
        assert sys.modules[module].__name__ == module, sys.modules[module]
    methods, missed = 0, []
    attributes = []
    for member in mismatched_of(modules):
        if isinstance(member, types.GetSetDescriptorType):
            attributes.append(member.__name__)
        elif id(member) in called:
            methods += 1
        else:
            missed.append(repr(member))
    for attribute in attributes:
        try:
            setattr(instance, attribute, getattr(instance, attribute))
        except AttributeError as error:
            assert "not writable" in str(error), error
    print(json.dumps({
        "path": mismatched.live_path(), "tests": tests, "failed": failed,
        "methods": methods, "attributes": len(attributes), "missed": missed,
    }), flush=True)
    # An end in order collects garbage: see kiwisolver.
    os._exit(0)


main(*sys.argv[1:])
