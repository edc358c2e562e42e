# Imports the standard library for the view "Audit". The value: how many modules were imported, and
# how many cannot be.
import importlib
import json
import sys
import warnings


def _import_library():
    warnings.simplefilter("ignore")
    failed = 0
    # One opens a browser, the other prints.
    names = sorted(sys.stdlib_module_names - {"antigravity", "this"})
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            failed += 1
    return json.dumps([len(names) - failed, failed])


_import_library()
