"""The case of the example of an op of one's own."""

from tests.op_cases.case import OpCase

CASES = [OpCase("Fact")]
