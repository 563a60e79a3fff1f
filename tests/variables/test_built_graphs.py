"""Programs with variables build the graphs that TensorFlow builds, name by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tensormill.api as tf
from tests.variables.variable_programs import PROGRAMS, describe

ANSWERS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "variables.json").read_text()
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_builds_the_graph_that_tensorflow_builds(name: str) -> None:
    wanted = ANSWERS[name]
    made = json.loads(json.dumps(describe(tf, PROGRAMS[name])))
    assert made.get("error") == wanted.get("error")
    if "error" not in wanted:
        assert made["nodes"] == wanted["nodes"]
        assert made["collections"] == wanted["collections"]
        assert made["result"] == wanted["result"]
