"""The names that operations get: those of real TensorFlow, in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.testing.oracle import Oracle
from tests.oracle.graph_programs import OTHER_NODES_IN_TENSORFLOW_2, PROGRAMS

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("name", sorted(PROGRAMS.keys() - OTHER_NODES_IN_TENSORFLOW_2))
def test_operations_get_tensorflows_names_and_types(oracle: Oracle, name: str) -> None:
    theirs = oracle.run(
        PROGRAMS[name]
        + "\nresult = [(op.name, op.type) for op in tf.get_default_graph().get_operations()]"
    )
    names: dict[str, Any] = {"tf": tf, "np": np}
    exec(PROGRAMS[name], names)
    ours = [(op.name, op.type) for op in tf.get_default_graph().get_operations()]
    assert sorted(ours) == sorted(theirs)
