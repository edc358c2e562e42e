"""Imports every module of the standard library. Prints JSON: those that cannot be imported, with the error."""

import contextlib
import importlib
import io
import json
import os
import sys
import sysconfig

TESTS = {"test", "tests", "idle_test", "site-packages"}


def modules():
    """Those with a file, but no programs, and those that are built in."""
    home = sysconfig.get_path("stdlib")
    for folder, folders, files in os.walk(home):
        folders[:] = set(folders) - TESTS
        package = os.path.relpath(folder, home).replace(".", "").split("/")
        for name, end in map(os.path.splitext, files):
            if end in (".py", ".pyc") and name != "__main__" and "__pycache__" not in package:
                yield ".".join(filter(None, [*package, name])).removesuffix(".__init__")
    yield from sys.stdlib_module_names


names, failed = sorted(set(modules())), {}
for name in names:
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            importlib.import_module(name)
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}"
print(json.dumps({"modules": len(names), "failed": failed}))
