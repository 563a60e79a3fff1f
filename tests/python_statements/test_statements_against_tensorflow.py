"""What statements on tensors give, against real TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tests.python_statements import statements

_PROGRAM = """
import importlib.util
spec = importlib.util.spec_from_file_location("statements", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
result = {k: [np.asarray(e) for e in v] if isinstance(v, (list, tuple)) else np.asarray(v)
          for k, v in module.results(tf).items()}
"""


@pytest.mark.oracle
def test_statements_give_the_same(oracle: Any) -> None:
    expected = oracle.run(_PROGRAM, path=str(Path(statements.__file__)))
    found = statements.results(tf)
    assert found.keys() == expected.keys()
    for name, theirs in expected.items():
        pairs = [(found[name], theirs)] if isinstance(theirs, np.ndarray) else (
            zip(found[name], theirs, strict=True)
        )  # fmt: skip
        for mine, other in pairs:
            np.testing.assert_array_equal(mine, other, err_msg=name)
