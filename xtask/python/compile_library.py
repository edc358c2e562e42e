"""compile_library.py LIB FOLDER HOME: compiles the standard library into FOLDER, as modules without sources.

HOME is where Python will see them. Tests are left out. The same input gives the same bytes.
"""

import importlib._bootstrap_external as external
import pathlib
import sys

TESTS = {"test", "tests", "idle_test"}

library, output, home = map(pathlib.Path, sys.argv[1:])
for source in sorted(library.rglob("*.py")):
    name = source.relative_to(library)
    if TESTS.intersection(name.parts) or "site-packages" in name.parts:
        continue
    code = compile(source.read_bytes(), str(home / name), "exec", dont_inherit=True, optimize=0)
    compiled = output / name.with_suffix(".pyc")
    compiled.parent.mkdir(parents=True, exist_ok=True)
    # Never checked against a source, which is not there.
    compiled.write_bytes(external._code_to_hash_pyc(code, bytes(8), False))
