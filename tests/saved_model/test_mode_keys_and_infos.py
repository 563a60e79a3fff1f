"""Purposes of graphs, signatures of each kind, and descriptions of tensors of several parts."""

from __future__ import annotations

import pytest

import tensormill.api as tf
from tensormill.python.saved_model import signature_def_utils_impl as signatures
from tensormill.python.saved_model import utils_impl
from tensormill.python.saved_model.model_utils import export_utils, mode_keys


def test_both_words_for_a_purpose_find_the_same() -> None:
    keys = mode_keys.ModeKeyMap(train=1, eval=2, infer=3)
    assert list(keys) == ["train", "eval", "infer"]
    assert len(keys) == 3
    assert [keys[word] for word in ("train", "test", "eval", "predict", "infer")] == [1, 2, 2, 3, 3]
    assert mode_keys.is_train(mode_keys.EstimatorModeKeys.TRAIN)
    assert export_utils.EXPORT_TAG_MAP["infer"] == ["serve"]
    assert export_utils.SIGNATURE_KEY_MAP["predict"] == "serving_default"
    with pytest.raises(ValueError, match="Multiple keys/values found for predict mode"):
        mode_keys.ModeKeyMap(predict=1, infer=2)
    with pytest.raises(ValueError, match="Invalid mode key: serve"):
        keys["serve"]


def test_ragged_tensors_come_back_from_their_descriptions() -> None:
    ragged = tf.ragged.constant([[1, 2], [], [3]], name="ragged")
    info = utils_impl.build_tensor_info_internal(ragged)
    assert info.composite_tensor.type_spec.type_spec_class_name == "RaggedTensorSpec"
    assert [part.name for part in info.composite_tensor.components] == [
        ragged.values.name,
        ragged.row_splits.name,
    ]
    with tf.Session() as session:
        assert session.run(utils_impl.get_tensor_from_tensor_info(info)).to_list() == [
            [1, 2],
            [],
            [3],
        ]


def test_descriptions_name_operations_and_tensors() -> None:
    x = tf.constant(1.0)
    info = tf.saved_model.build_tensor_info(x)
    assert utils_impl.get_element_from_tensor_info(info) is x
    info.name = x.op.name
    assert utils_impl.get_element_from_tensor_info(info) is x.op


def test_signatures_are_of_one_kind() -> None:
    text, number = tf.constant(["a"]), tf.constant([1.0])
    made = {
        "predict": signatures.predict_signature_def({"x": number}, {"y": number}),
        "regression": signatures.regression_signature_def(text, number),
        "classification": signatures.classification_signature_def(text, text, number),
    }
    for kind, signature in made.items():
        assert signatures.is_valid_signature(signature)
        for other in made:
            is_valid = getattr(signatures, f"_is_valid_{other}_signature")
            assert is_valid(signature) == (kind == other)
