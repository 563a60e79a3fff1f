"""Columns: sequences, layers, plain data, and columns that programs write themselves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

import tensormill as tf
from tensormill.feature_column.column_configs import (
    deserialize_feature_columns,
    serialize_feature_columns,
)
from tensormill.feature_column.feature_layers import (
    DenseFeatures,
    LinearModel,
    SequenceFeatures,
    concatenate_context_input,
)
from tensormill.feature_column.input_layer import InputLayer
from tensormill.feature_column.protocols import DenseColumn, ScopedDenseColumn
from tensormill.feature_column.shared_embedding import shared_embeddings

fc = tf.feature_column


def values(*tensors):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(list(tensors))


def words():
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "b", "b"], [3, 2])


def table(shape, dtype=None, partition_info=None):
    return tf.reshape(tf.range(float(np.prod(shape))), shape)


def listed(key="words"):
    return fc.categorical_column_with_vocabulary_list(key, ["a", "b"])


def test_sequences_of_categories_and_numbers_stand_side_by_side():
    column = fc.sequence_categorical_column_with_vocabulary_list("words", ["a", "b"])
    numbers = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1.0, 2.0, 3.0], [3, 2])
    dense, lengths = tf.contrib.feature_column.sequence_input_layer(
        {"words": words(), "numbers": numbers},
        [
            fc.embedding_column(column, 2, initializer=table),
            fc.sequence_numeric_column("numbers", default_value=-1.0),
        ],
    )
    found, steps = values(dense, lengths)
    assert steps.tolist() == [2, 1, 0]
    assert found.tolist() == [
        [[1.0, 0.0, 1.0], [2.0, 2.0, 3.0]],
        [[3.0, 2.0, 3.0], [-1.0, 0.0, 0.0]],
        [[-1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
    ]


def test_a_column_of_sequences_is_refused_where_there_are_none():
    column = fc.sequence_categorical_column_with_identity("ids", 3)
    with pytest.raises(ValueError, match="must not be of type _SequenceCategoricalColumn"):
        fc.input_layer({"ids": [[1]]}, [fc.embedding_column(column, 2)])
    plain = fc.indicator_column(fc.categorical_column_with_identity("ids", 3))
    with pytest.raises(ValueError, match="must be of type _SequenceCategoricalColumn to use"):
        tf.contrib.feature_column.sequence_input_layer({"ids": [[1]]}, [plain])


def test_layers_make_variables_once_below_their_names():
    layer = DenseFeatures([fc.embedding_column(listed(), 2, initializer=table)], name="inputs")
    first, second = layer({"words": words()}), layer({"words": words()})
    assert [v.name for v in layer.variables] == ["inputs/words_embedding/embedding_weights:0"]
    found = values(first, second)
    np.testing.assert_array_equal(found[0], [[1, 2], [2, 3], [0, 0]])
    np.testing.assert_array_equal(found[0], found[1])


def test_a_linear_layer_adds_weights_and_bias():
    model = LinearModel([listed(), fc.numeric_column("x")], units=2, name="linear")
    made = model({"words": words(), "x": [[1.0], [2.0], [3.0]]})
    assert made.name == "linear/linear/linear/weighted_sum:0"
    assert [v.name for v in model.variables] == [
        "linear/words/weights:0",
        "linear/x/weights:0",
        "linear/bias_weights:0",
    ]
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        for variable in model.variables:
            session.run(variable.assign(tf.ones_like(variable)))
        assert session.run(made).tolist() == [[4.0, 4.0], [4.0, 4.0], [4.0, 4.0]]


def test_sequence_features_give_the_numbers_of_steps():
    column = fc.sequence_categorical_column_with_vocabulary_list("words", ["a", "b"])
    dense, lengths = SequenceFeatures([fc.indicator_column(column)])({"words": words()})
    repeated = concatenate_context_input(tf.ones([3, 1]), dense)
    found, steps = values(repeated, lengths)
    assert steps.tolist() == [2, 1, 0]
    assert found[0].tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]


def test_shared_embeddings_have_one_table_in_each_graph():
    columns = shared_embeddings([listed("x"), listed("y")], 2, initializer=table)
    features = {"x": tf.constant([["a"]]), "y": tf.constant([["b"]])}
    made = DenseFeatures(columns)(features)
    assert [v.name for v in tf.global_variables()] == ["x_y_shared_embedding:0"]
    assert values(made)[0].tolist() == [[0.0, 1.0, 2.0, 3.0]]
    with pytest.raises(ValueError, match="not supported in `linear_model` or `input_layer`"):
        fc.input_layer(features, columns)


def test_columns_survive_as_plain_data():
    number = fc.numeric_column("n", shape=2, default_value=0.5)
    columns = [
        fc.bucketized_column(fc.numeric_column("b"), [1, 2]),
        fc.crossed_column(["x", listed("y")], 5),
        fc.indicator_column(fc.weighted_categorical_column(listed("z"), "w")),
        number,
    ]
    configs = serialize_feature_columns(columns)
    assert configs[3] == {
        "class_name": "NumericColumn",
        "config": {
            "key": "n",
            "shape": (2,),
            "default_value": (0.5, 0.5),
            "dtype": "float32",
            "normalizer_fn": None,
        },
    }
    assert deserialize_feature_columns(configs) == columns


def test_examples_are_parsed_as_columns_need():
    spec = fc.make_parse_example_spec(
        [
            fc.numeric_column("x", shape=2),
            fc.indicator_column(fc.weighted_categorical_column(listed(), "weights")),
            fc.indicator_column(fc.crossed_column(["words", "other"], 3)),
        ]
    )
    assert spec == {
        "x": tf.FixedLenFeature((2,), tf.float32),
        "words": tf.VarLenFeature(tf.string),
        "weights": tf.VarLenFeature(tf.float32),
        "other": tf.VarLenFeature(tf.string),
    }


def test_one_feature_cannot_be_parsed_in_two_ways():
    columns = [fc.numeric_column("words"), fc.indicator_column(listed())]
    with pytest.raises(ValueError, match="different parse_spec for key words"):
        fc.make_parse_example_spec(columns)


class Doubled(ScopedDenseColumn):
    """A column of the older protocol as a program writes it."""

    name = "doubled"
    _parse_example_spec: ClassVar = {"x": tf.FixedLenFeature((1,), tf.float32)}
    _variable_shape = tf.TensorShape([1])

    def _transform_feature(self, inputs):
        return inputs.get("x") * 2.0

    def _get_dense_tensor(self, inputs, weight_collections=None, trainable=None):
        return inputs.get(self)


class Tripled(DenseColumn):
    """A column of the newer protocol as a program writes it."""

    name = "tripled"
    parse_example_spec: ClassVar = {"x": tf.FixedLenFeature((1,), tf.float32)}
    variable_shape = tf.TensorShape([1])
    _is_v2_column = True
    parents: ClassVar = ["x"]

    def transform_feature(self, transformation_cache, state_manager):
        return transformation_cache.get("x", state_manager) * 3.0

    def get_dense_tensor(self, transformation_cache, state_manager):
        return transformation_cache.get(self, state_manager)

    def _get_config(self):
        return {}


def test_own_columns_of_both_protocols_work():
    features = {"x": tf.constant([[1.0], [2.0]])}
    old, new = fc.input_layer(features, [Doubled()]), DenseFeatures([Tripled()])(features)
    found = values(old, new)
    assert [each.tolist() for each in found] == [[[2.0], [4.0]], [[3.0], [6.0]]]
    with pytest.raises(ValueError, match="must be a FeatureColumn"):
        DenseFeatures([Doubled()])


def test_an_input_layer_object_shares_its_variables():
    layer = InputLayer([fc.embedding_column(listed(), 2)])
    layer({"words": words()})
    layer({"words": words()})
    assert [v.name for v in layer.variables] == [
        "feature_column_input_layer/words_embedding/embedding_weights:0"
    ]


def test_a_vocabulary_file_is_counted(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\nc\n")
    column = fc.categorical_column_with_vocabulary_file("words", str(path), num_oov_buckets=1)
    assert column.num_buckets == 4
    assert values(fc.input_layer({"words": words()}, [fc.indicator_column(column)]))[
        0
    ].tolist() == [
        [1.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
    ]
