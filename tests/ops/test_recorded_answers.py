"""Every op case against what real TensorFlow answered to `tests/golden/record_ops.py`."""

import pytest

from tests.op_cases.answers import recorded
from tests.op_cases.case import OpCase, OpProgram, families
from tests.op_cases.running import check_cases

_BY_OP: dict[tuple[str, str], list[OpCase | OpProgram]] = {}
for _family, _module in families().items():
    for _case in _module.CASES:
        _BY_OP.setdefault((_family, _case.op_types[0]), []).append(_case)


@pytest.mark.parametrize(("family", "op_type"), _BY_OP, ids=str)
def test_op_answers_as_tensorflow(family: str, op_type: str) -> None:
    answers = recorded(family)
    cases = _BY_OP[family, op_type]
    missing = [case.describe() for case in cases if case.key not in answers]
    assert not missing, f"not recorded; run: python -m tests.golden.record_ops {family}"
    check_cases(cases, answers)


@pytest.mark.parametrize("family", families())
def test_no_answer_is_recorded_in_vain(family: str) -> None:
    keys = {case.key for case in families()[family].CASES}
    assert keys == recorded(family).keys(), f"run: python -m tests.golden.record_ops {family}"
