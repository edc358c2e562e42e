"""Python calls mismatched functions that are suspended and resumed (JSPI)."""

import os
import unittest

import mismatched
import suspend


class Suspend(unittest.TestCase):
    def test_mismatched_that_wait(self):
        self.assertEqual(mismatched.live_path(), os.environ["PYEM_EXPECT"])
        waiter = suspend.Waiter()
        for _ in range(20):
            for owner in suspend, waiter:
                self.assertEqual(owner.noargs0(), 1)
                self.assertEqual(owner.noargs1(), 11)
                self.assertEqual(owner.o2(None), 21)
                self.assertEqual(owner.varargs3(None), 31)
            self.assertEqual(waiter.get1, 11)
            self.assertEqual(waiter(), 1)
        self.assertEqual(sorted([3, 1, 2], key=lambda item: -item * suspend.noargs1()), [3, 2, 1])
        self.assertEqual(mismatched.live_path(), os.environ["PYEM_EXPECT"])


if __name__ == "__main__":
    unittest.main()
