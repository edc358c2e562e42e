"""Runs modules of CPython's own test suite; prints a line per test as soon as it has ended.

python regress.py test.test_descr ...
"""

import sys
import unittest

from test import support

# The test modules are compiled in, which configure does not know.
support.TEST_MODULES_ENABLED = True

# Written past sys.stdout, which tests replace.
OUTPUT = open(1, "w", encoding="utf-8", closefd=False)


class Recorder(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.status = "passed"

    def stopTest(self, test):
        super().stopTest(test)
        self.tell(self.status, test)

    def tell(self, status, test):
        OUTPUT.write(f"\n@ {status} {test.id().replace(' ', '_')}\n")
        OUTPUT.flush()

    def addError(self, test, error):
        self.status = "failed"
        if not isinstance(test, unittest.TestCase):  # a fixture of a class or module
            self.tell("failed", test)

    def addSkip(self, test, reason):
        self.status = "skipped"
        if not isinstance(test, unittest.TestCase):
            self.tell("skipped", test)

    def addFailure(self, test, error):
        self.status = "failed"

    def addExpectedFailure(self, test, error):
        self.status = "failed as expected"

    def addUnexpectedSuccess(self, test):
        self.status = "failed"

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.status = "failed"


for name in sys.argv[1:]:
    unittest.defaultTestLoader.loadTestsFromName(name).run(Recorder())
    OUTPUT.write(f"\n@ end {name}\n")
