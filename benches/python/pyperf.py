"""Stands in for pyperf, which pyperformance's programs import: here their functions are called directly."""

import platform
from time import perf_counter as perf_counter


def python_implementation():
    return platform.python_implementation().lower()
