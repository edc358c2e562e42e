"""Slots that JavaScript rewrites with other signatures, at random, thousands of times."""

import os
import random
import unittest

import mismatched
import slots

PATH = os.environ["PYEM_EXPECT"]
SEED = int(os.environ.get("PYEM_SEED", "2026"))
ROUNDS = 5000
#: Result and parameter types, by the number that slots.c knows.
KINDS = {0: "i32 and i32", 1: "void", 2: "i64", 3: "f32 parameters", 4: "f64 parameters"}
FLAGS = mismatched.FLAGS["keywords"]


def resolutions():
    return sum(mismatched.resolutions().values())


class RewrittenSlots(unittest.TestCase):
    def check(self, caller, value):
        """The value of a call, or None if it is refused. A function that was called is asked for no more."""
        if value is None:
            with self.assertRaisesRegex(SystemError, "^Handler has unexpected call signature"):
                caller()
            return
        calls = [(caller(), resolutions()) for _ in range(3)]
        self.assertEqual([result for result, _ in calls], [value] * 3)
        # The first two may ask for the functions that count.
        self.assertEqual(calls[1], calls[2])

    def test_recycled_slots(self):
        self.assertEqual(mismatched.live_path(), PATH)
        chance = random.Random(SEED)
        live = {}  # slot: (value or None where the call is refused)
        callers = {}  # slot: a function object that outlives the slot's content
        rewrites = 0
        for round_ in range(ROUNDS):
            if len(live) > 12 or (live and chance.random() < 0.5):
                slot = chance.choice(sorted(live))
                slots.remove(slot)
                del live[slot]
                with self.assertRaisesRegex(SystemError, f"slot {slot} is empty"):
                    callers[slot]()
            parameters = chance.randrange(6)
            kind = chance.choice([0, 0, 0, *KINDS])
            slot = slots.add(parameters, round_, kind)
            rewrites += slot in callers
            # Without parameters the two float kinds are plain () -> i32, which does get called.
            callable_ = parameters <= 3 and (kind == 0)
            if parameters == 0 and kind in (3, 4):
                slots.remove(slot)
                callers.setdefault(slot, mismatched.function_at(slot, FLAGS))
                continue
            live[slot] = round_ if callable_ else None
            callers.setdefault(slot, mismatched.function_at(slot, FLAGS))
            if len(live) > 1 and chance.random() < 0.2:
                # Over a function that was called.
                other = chance.choice(sorted(live.keys() - {slot}))
                slots.move(slot, other)
                live[other] = live.pop(slot)
            for slot in chance.sample(sorted(live), min(4, len(live))):
                self.check(callers[slot], live[slot])
            if chance.random() < 0.01:
                mismatched.reset()
        self.assertGreater(rewrites, ROUNDS / 2, "slots were recycled")
        self.assertEqual(mismatched.live_path(), PATH)


if __name__ == "__main__":
    unittest.main()
