"""Rewrites slots many times and leaves functions in all of them, for a snapshot."""

import random

import mismatched
import slots

FLAGS = mismatched.FLAGS["keywords"]
chance = random.Random(2026)
callers = {}
live = []
for value in range(500):
    if len(live) == 12:
        slots.remove(live.pop(chance.randrange(12)))
    arity = chance.randrange(4)
    slot = slots.add(arity, value, 0)
    live.append(slot)
    caller = callers.setdefault(slot, mismatched.function_at(slot, FLAGS))
    assert caller() == value
while len(live) < len(callers):
    live.append(slots.add(2, 0, 0))
assert sorted(live) == sorted(callers)
print(mismatched.table_length())
