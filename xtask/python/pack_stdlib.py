"""pack_stdlib.py LIB ZIP [NAME…]: the standard library as compiled modules in one file, for Python's zipimport.

Stored, not compressed: the emscripten CPython has no zlib, and transfers compress by themselves. What
needs a terminal, a display, processes or a compiler is left out, and so is what the names (or patterns) say. Docstrings are, too.
The same input gives the same bytes.
"""

import fnmatch
import importlib._bootstrap_external as external
import pathlib
import sys
import zipfile

OMITTED = {
    "__pycache__", "test", "tests", "idlelib", "idle_test", "tkinter", "turtledemo", "turtle.py",
    "ensurepip", "venv", "lib2to3", "pydoc_data", "site-packages", "dist-packages", "lib-dynload",
    "multiprocessing", "curses", "dbm", "sqlite3", "ctypes", "_pyrepl",
}
DATE = (1980, 1, 1, 0, 0, 0)

library, output = map(pathlib.Path, sys.argv[1:3])
# Where the program that reads it has it: a Python of this version.
place = "/pyem/lib/python{}{}.zip".format(*sys.version_info[:2])
OMITTED.update(sys.argv[3:])


def omitted(path):
    parts = path.relative_to(library).parts
    return any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in OMITTED)


sources = sorted(path for path in library.rglob("*.py") if not omitted(path))
with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
    for source in sources:
        name = source.relative_to(library)
        code = compile(source.read_bytes(), f"{place}/{name}", "exec", dont_inherit=True, optimize=2)
        # Never checked against a source, which is not there.
        compiled = external._code_to_hash_pyc(code, bytes(8), False)
        archive.writestr(zipfile.ZipInfo(str(name.with_suffix(".pyc")), DATE), compiled)
print(f"{len(sources)} modules, {output.stat().st_size} bytes")
