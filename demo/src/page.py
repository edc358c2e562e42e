"""What the page asks of Python."""

import code
import json
import platform
import sys

import offenders

console = code.InteractiveConsole({"__name__": "__console__", "__doc__": None})


def push(source):
    """Runs what was typed, if it is whole; True if Python wants more."""
    try:
        return console.runsource(source, "<console>", "exec" if "\n" in source.strip() else "single")
    except SystemExit:
        print("exit() has no meaning here: close the page", file=sys.stderr)
        return False


def about(_):
    """For the line that always stands there."""
    return json.dumps({"python": platform.python_version(), "path": offenders.live_path()})
