"""The checks, models and decorators of Keras's own tests."""

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.python.keras import keras_parameterized, testing_utils
from tests.unittesting.outcomes import outcome_of

keras = tf.keras

LAYERS = [
    (keras.layers.Dense, {"units": 3}, (3, 2)),
    (keras.layers.Dense, {"units": 3}, (None, None, 2)),
    (keras.layers.Conv1D, {"filters": 2, "kernel_size": 3, "padding": "causal"}, (2, 7, 3)),
    (keras.layers.Conv2DTranspose, {"filters": 2, "kernel_size": 3, "strides": 2}, (2, 5, 4, 3)),
    (keras.layers.LayerNormalization, {"gamma_regularizer": "l2"}, (3, 4, 2)),
    (keras.layers.ActivityRegularization, {"l1": 0.1}, (3, 2)),
    (keras.layers.UpSampling1D, {"size": 2}, (2, 3, 4)),
    (keras.layers.GRU, {"units": 2, "dropout": 0.1, "recurrent_dropout": 0.1}, (2, 3, 2)),
    (keras.layers.Dropout, {"rate": 0.5}, (3, 2)),
]


@pytest.mark.parametrize(("layer", "arguments", "shape"), LAYERS)
def test_layers_pass_the_check_of_layers(layer, arguments, shape):
    np.random.seed(1)
    with tf.Session():
        output = testing_utils.layer_test(layer, kwargs=arguments, input_shape=shape)
    assert np.isfinite(output).all()


def test_an_embedding_has_floats_for_integers():
    np.random.seed(1)
    arguments = {"input_dim": 10, "output_dim": 4, "mask_zero": True}
    with tf.Session():
        testing_utils.layer_test(
            keras.layers.Embedding,
            kwargs=arguments,
            input_shape=(3, 2),
            input_dtype="int32",
            expected_output_dtype="float32",
        )


class WrongShape(keras.layers.Layer):
    def compute_output_shape(self, input_shape):
        return (*input_shape, 7)


class Forgetful(keras.layers.Layer):
    """Makes other outputs than its configuration says."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.weight = self.add_weight("weight", (), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor * self.weight

    def get_config(self):
        return {"name": self.name}


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (WrongShape, {}),
        (Forgetful, {"kwargs": {"factor": 3.0}}),
        (keras.layers.Flatten, {"expected_output_dtype": "int32"}),
        (keras.layers.Flatten, {"expected_output_shape": (None, 5)}),
        (keras.layers.Flatten, {"expected_output": np.zeros((2, 3))}),
    ],
)
def test_layers_that_are_not_what_they_say_do_not_pass(layer, options):
    np.random.seed(1)
    with (
        tf.Session(),
        keras.utils.custom_object_scope({"WrongShape": WrongShape, "Forgetful": Forgetful}),
        pytest.raises(AssertionError),
    ):
        testing_utils.layer_test(layer, input_shape=(2, 3), **options)


def test_a_layer_is_checked_with_data_or_a_shape():
    with pytest.raises(ValueError, match="input_shape is None"):
        testing_utils.layer_test(keras.layers.Flatten)


def test_the_shape_of_outputs_is_found_without_a_trace():
    layer = keras.layers.Conv2D(2, 3, activity_regularizer="l1")
    shape = layer.compute_output_shape((None, 7, 7, 3))
    assert shape.as_list() == [None, 5, 5, 2]
    assert layer.losses == []
    inputs = keras.Input((7, 7, 3))
    assert layer(inputs).shape.as_list() == [None, 5, 5, 2]
    assert len(layer.losses) == 1
    assert layer.compute_output_shape((4, 6, 6, 3)).as_list() == [4, 4, 4, 2]
    assert layer.input_shape == (None, 7, 7, 3)


def test_the_signature_of_outputs_has_their_shape_and_dtype():
    layer = keras.layers.Dense(3)
    spec = tf.TensorSpec([None, 2], tf.float32)
    assert layer.compute_output_signature(spec) == tf.TensorSpec([None, 3], tf.float32)
    with pytest.raises(TypeError, match="Only TensorSpec"):
        layer.compute_output_signature((None, 2))


def test_weights_of_steps_of_unknown_number_weight_each_step():
    target, output = tf.placeholder(tf.float32, [None, None, 1]), tf.zeros([2, 3, 1])
    loss = keras.losses.MeanSquaredError()(target, output, sample_weight=tf.constant([1.0, 0.0]))
    with tf.Session() as session:
        value = session.run(loss, {target: np.ones((2, 3, 1))})
    assert value == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["functional", "subclass", "subclass_custom_build", "sequential"])
def test_small_models_of_each_kind_train(kind):
    (x, y), (_, test_y) = testing_utils.get_test_data(8, 2, (3,), 2, random_seed=1)
    assert x.shape == (8, 3)
    assert test_y.shape == (2,)
    with tf.Session(), testing_utils.model_type_scope(kind):
        small = testing_utils.get_small_mlp(4, 2, input_dim=3)
        layers = [keras.layers.Dense(4), keras.layers.Dense(2, activation="softmax")]
        given = testing_utils.get_model_from_layers(layers, input_shape=(3,))
        for model in (small, given):
            model.compile(testing_utils.get_v2_optimizer("sgd"), "sparse_categorical_crossentropy")
            assert np.isfinite(model.train_on_batch(x, y))
    with testing_utils.model_type_scope("other"), pytest.raises(ValueError, match="Unknown model"):
        testing_utils.get_small_mlp(4, 2, input_dim=3)


@pytest.mark.parametrize("kind", ["functional", "subclass"])
def test_models_of_two_branches_have_two_outputs_or_a_shared_one(kind):
    def branch(name):
        return [keras.Input((2,), name=name), keras.layers.Dense(3)]

    a, b = np.ones((4, 2), np.float32), np.zeros((4, 2), np.float32)
    with tf.Session(), testing_utils.model_type_scope(kind):
        two = testing_utils.get_multi_io_model(branch("a"), branch("b"))
        assert [each.shape for each in two.predict([a, b])] == [(4, 3), (4, 3)]
        shared = testing_utils.get_multi_io_model(
            branch("c"), branch("d"), shared_output_branch=[keras.layers.Concatenate()]
        )
        assert shared.predict([a, b]).shape == (4, 6)
        one = testing_utils.get_multi_io_model(
            [keras.layers.Dense(3)], [keras.layers.Dense(1)], shared_input_branch=branch("e")
        )
        assert [each.shape for each in one.predict(a)] == [(4, 3), (4, 1)]


def test_what_a_test_asks_outside_of_all_scopes_is_an_error():
    for ask in (
        testing_utils.get_model_type,
        testing_utils.should_run_eagerly,
        testing_utils.should_run_tf_function,
    ):
        with pytest.raises(ValueError, match="outside of"):
            ask()
    with pytest.raises(ValueError, match="Could not find requested v2 optimizer: no"):
        testing_utils.get_v2_optimizer("no")


def test_a_test_runs_in_a_session_and_for_each_kind_of_model():
    seen = []

    class Case(keras_parameterized.TestCase):
        @keras_parameterized.run_with_all_model_types(exclude_models="sequential")
        @keras_parameterized.run_all_keras_modes
        def test_both(self):
            assert tf.get_default_session() is not None
            assert not testing_utils.should_run_eagerly()
            seen.append(testing_utils.get_model_type())

    result = outcome_of(Case)
    assert result.wasSuccessful(), result.errors
    assert sorted(seen) == ["functional", "subclass"]
    assert len([test for test, _ in result.skipped if "test_both" in str(test)]) == 6


def test_all_tests_of_a_class_run_in_each_mode():
    seen = []

    @keras_parameterized.run_all_keras_modes(always_skip_eager=True)
    class Case(keras_parameterized.TestCase):
        def test_first(self):
            seen.append("first")

        def test_second(self):
            seen.append("second")

    result = outcome_of(Case)
    assert result.wasSuccessful(), result.errors
    assert sorted(seen) == ["first", "second"]
    assert len([test for test, _ in result.skipped if "test_session" not in str(test)]) == 4
