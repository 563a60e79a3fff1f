"""What becomes of the tests of a class that a test defines."""

import unittest


def outcome_of(case_class: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case_class).run(result)
    return result
