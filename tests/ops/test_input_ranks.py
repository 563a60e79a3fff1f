"""Of which ranks inputs may be: what TensorFlow's shape functions say, for each input."""

from __future__ import annotations

import json

import pytest

from tensormill.graph.op_table import OP_DEFS
from tensormill.testing.oracle import Oracle
from tests.golden.record_input_ranks import ANSWERS
from tests.op_cases.input_ranks import accepted_by_tensorflow, accepted_here, probes

_RECORDED: dict[str, list[str]] = json.loads(ANSWERS.read_text())

_SOONER = "its kernel refuses them in TensorFlow, or its shape function once it knows more"
DIFFERENT = {
    "DrawBoundingBoxes images": "TensorFlow 1.15 asks for at least three",
    "DrawBoundingBoxes boxes": "TensorFlow 1.15 leaves them to the kernel",
    "RaggedTensorToTensor row_partition_tensors": "the size of the first dimension is a scalar",
    "RaggedTensorToTensor shape": "a scalar -1 stands for no shape",
    "ScatterNd updates": "the gradient of GatherNd has a scalar for a lone index",
    **dict.fromkeys(
        (
            "FusedBatchNorm mean",
            "FusedBatchNorm variance",
            "FusedBatchNormV2 mean",
            "FusedBatchNormV2 variance",
            "FusedBatchNormV3 mean",
            "FusedBatchNormV3 variance",
            "RaggedTensorToTensor values",
            "SparseReduceMax input_shape",
            "SparseReduceSum input_shape",
            "UniqueWithCounts x",
            "UnravelIndex indices",
        ),
        _SOONER,
    ),
}
"""Inputs that are taken otherwise than in TensorFlow 2, with the reason."""


def test_inputs_may_be_of_the_ranks_that_tensorflow_takes() -> None:
    cases = probes()
    differ = []
    for op_type, wanted in _RECORDED.items():
        made = accepted_here(cases[op_type])
        for arg, theirs, ours in zip(OP_DEFS[op_type].inputs, wanted, made, strict=True):
            name = f"{op_type} {arg.name}"
            if (theirs != ours) != (name in DIFFERENT):
                differ.append(f"{name}: {theirs} in TensorFlow, {ours} here")
    assert not differ, "\n".join(differ)


def test_nearly_every_op_without_state_was_asked_about() -> None:
    assert len(set(probes()) - set(_RECORDED)) < 5


@pytest.mark.oracle
def test_some_ranks_are_still_those_of_tensorflow(oracle: Oracle) -> None:
    cases = {op_type: probes()[op_type] for op_type in ("MatMul", "Sum", "NonMaxSuppressionV3")}
    assert accepted_by_tensorflow(cases) == {name: _RECORDED[name] for name in cases}
