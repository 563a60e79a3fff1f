"""What columns give, and how they refuse, against real TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.testing.oracle import OracleError
from tests.feature_column.programs import ERRORS, PROGRAMS

pytestmark = pytest.mark.oracle


def own_result(program: str) -> Any:
    names: dict[str, Any] = {"tf": tf, "np": np}
    exec(program, names)
    return names.get("result")


@pytest.mark.parametrize("name", PROGRAMS)
def test_columns_give_the_same(name: str, oracle: Any) -> None:
    expected = oracle.run(PROGRAMS[name])
    found = own_result(PROGRAMS[name])
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        if isinstance(theirs, np.ndarray):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6)
        else:
            assert mine == theirs


@pytest.mark.parametrize("name", ERRORS)
def test_columns_refuse_the_same(name: str, oracle: Any) -> None:
    program = f"fc = tf.feature_column\n{ERRORS[name]}\nresult = None"
    with pytest.raises(OracleError) as expected:
        oracle.run(program)
    with pytest.raises((ValueError, TypeError)) as found:
        own_result(program)
    assert type(found.value).__name__ == expected.value.error_class
    assert str(found.value).split(":")[0] == expected.value.message.split(":")[0]
