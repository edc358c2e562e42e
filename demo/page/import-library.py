# Imports the standard library for the view "Audit". The value: how many modules there are, and what cannot be imported.
import importlib
import json
import sys
import warnings


def _import_library():
    warnings.simplefilter("ignore")
    failed = {}
    # One opens a browser, the other prints.
    names = sorted(sys.stdlib_module_names - {"antigravity", "this"})
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            failed[name] = str(error)
    return json.dumps([len(names) - len(failed), failed])


_import_library()
