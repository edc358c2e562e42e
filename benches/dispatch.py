"""Rounds of each measurement in turn; prints them as JSON. Rounds and calls are arguments."""

import json
import sys

import dispatch

rounds, calls = map(int, sys.argv[1:])
KINDS = "direct", "same", "mixed", "call site"
for kind in KINDS:  # warm: compiled and cached
    dispatch.measure(kind, calls)
samples = {kind: [] for kind in KINDS}
for _ in range(rounds):
    for kind in KINDS:
        samples[kind].append(dispatch.measure(kind, calls))
print(json.dumps(samples))
