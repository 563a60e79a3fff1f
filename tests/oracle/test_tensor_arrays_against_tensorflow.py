"""TensorArrays against real TensorFlow: values, static shapes, gradients, errors, texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import tensor_array_programs
from tests.oracle.tensor_array_programs import EXPRESSIONS

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def answers(oracle: Oracle) -> Any:
    source = Path(tensor_array_programs.__file__).read_text()
    return oracle.run(f"{source}\nresult = evaluate_all(tf)", timeout_s=120)


def said(text: str) -> str:
    """Return the sentence of an error that says what is wrong, without names made at run time."""
    lines = [line for line in text.split("\n") if line.strip()]
    if lines[0].startswith("Graph execution error"):
        start = next(i for i, line in enumerate(lines) if line.startswith("Node: "))
        lines = lines[start + 1 :]
    sentence = re.sub(r"(TensorArray \w+?)_\d+", r"\1_N", lines[0])
    sentence = re.sub(r"<tf\.Tensor[^>]*>|Tensor\(.*?\)", "TENSOR", sentence)
    return re.sub(r" for '.*", "", sentence).strip()


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_an_array_does_what_it_does_in_tensorflow(answers: Any, name: str) -> None:
    ours, theirs = tensor_array_programs.evaluate(EXPRESSIONS[name], tf), answers[name]
    if "error" in theirs:
        assert "error" in ours, f"TensorFlow: {theirs}"
        assert ours["error"] == theirs["error"]
        assert said(ours["text"]) == said(theirs["text"])
    else:
        assert "value" in ours, ours
        np.testing.assert_array_equal(ours["value"], theirs["value"])
        assert ours["shape"] == theirs["shape"]
