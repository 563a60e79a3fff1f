"""GraphDefs of real TensorFlow and ours: the same nodes, and each runs the graphs of the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import graph_pb2

import tensormill as tf
from tensormill.graph.device_names import canonical
from tensormill.testing.oracle import Oracle
from tests.oracle.graph_programs import OTHER_NODES_IN_TENSORFLOW_2, PROGRAMS

pytestmark = pytest.mark.oracle

# Newer versions of TensorFlow mark operations that the program waits for.
IGNORED_ATTRS = frozenset({"_has_manual_control_dependencies", "_output_shapes"})


def build_here(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {"tf": tf, "np": np}
    exec(program, names)
    return names


def build_there(oracle: Oracle, program: str) -> tuple[Any, list[str]]:
    serialized, outputs = oracle.run(
        "outputs = []\n"
        + program
        + "\nresult = (tf.get_default_graph().as_graph_def().SerializeToString(),"
        + " [t.name for t in outputs])"
    )
    return graph_pb2.GraphDef.FromString(serialized), outputs


def differences(ours: Any, theirs: Any) -> list[str]:
    here = {node.name: node for node in ours.node}
    there = {node.name: node for node in theirs.node}
    found = [f"missing: {name}" for name in there if name not in here]
    found += [f"too many: {name}" for name in here if name not in there]
    for name in here.keys() & there.keys():
        a, b = here[name], there[name]
        for field in ("op", "device"):
            if getattr(a, field) != getattr(b, field):
                found.append(f"{name}.{field}: {getattr(a, field)!r}, not {getattr(b, field)!r}")
        if list(a.input) != list(b.input):
            found.append(f"{name}.input: {list(a.input)}, not {list(b.input)}")
        for key in (set(a.attr) | set(b.attr)) - IGNORED_ATTRS:
            if key not in a.attr or key not in b.attr or a.attr[key] != b.attr[key]:
                found.append(f"{name}.attr[{key}]: {a.attr[key]}, not {b.attr[key]}")
    return found


def assert_same_values(ours: list[Any], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        a, b = np.asarray(mine), np.asarray(other)
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        if a.dtype.kind in "fc" or a.dtype.name == "bfloat16":
            np.testing.assert_allclose(a.astype(np.complex128), b.astype(np.complex128), rtol=1e-5)
        else:
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", sorted(PROGRAMS.keys() - OTHER_NODES_IN_TENSORFLOW_2))
def test_a_program_makes_the_nodes_that_tensorflow_makes(oracle: Oracle, name: str) -> None:
    theirs, _ = build_there(oracle, PROGRAMS[name])
    build_here(PROGRAMS[name])
    found = differences(tf.get_default_graph().as_graph_def(), theirs)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(n for n, text in PROGRAMS.items() if "outputs =" in text))
def test_graphs_run_on_both_sides_with_the_same_values(oracle: Oracle, name: str) -> None:
    made = build_here(PROGRAMS[name])
    with tf.Session() as session:
        here = session.run(made["outputs"])
    there = oracle.run(
        """
        message = tf.GraphDef.FromString(serialized)
        tensors = tf.import_graph_def(message, return_elements=names, name="")
        result = tf.Session().run(tensors)
        """,
        serialized=tf.get_default_graph().as_graph_def().SerializeToString(),
        names=[tensor.name for tensor in made["outputs"]],
    )
    assert_same_values(here, there)


@pytest.mark.parametrize("name", sorted(n for n, text in PROGRAMS.items() if "outputs =" in text))
def test_graphs_of_tensorflow_run_here_with_the_same_values(oracle: Oracle, name: str) -> None:
    theirs, names = build_there(oracle, PROGRAMS[name])
    expected = oracle.run(PROGRAMS[name] + "\nresult = tf.Session().run(outputs)")
    tensors = tf.import_graph_def(theirs, return_elements=names)
    with tf.Session() as session:
        assert_same_values(session.run(tensors), expected)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_graphs_of_tensorflow_come_back_as_they_were(oracle: Oracle, name: str) -> None:
    theirs, _ = build_there(oracle, PROGRAMS[name])
    tf.import_graph_def(theirs, name="")
    for node in theirs.node:
        node.device = canonical(node.device)  # as an import writes it, there as well as here
    found = differences(tf.get_default_graph().as_graph_def(), theirs)
    assert not found, "\n".join(found)
