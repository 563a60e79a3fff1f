"""The models of classes train and are called as the tests of Keras call them."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.unittesting import keras_subclassed_models as models


@pytest.mark.parametrize(
    ("make", "shape", "classes"),
    [
        (lambda: models.SimpleTestModel(use_bn=True, use_dp=True), (8,), 10),
        (lambda: models.SimpleConvTestModel(num_classes=3), (6, 6, 1), 3),
        (models.NestedTestModel1, (8,), 2),
        (models.NestedTestModel2, (8,), 2),
        (lambda: models.get_nested_model_3(8, 2), (8,), 2),
    ],
)
def test_model_of_one_input_trains(make, shape, classes) -> None:
    model = make()
    model.compile(loss="mse", optimizer="sgd")
    x = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    y = np.zeros((4, classes), np.float32)
    model.train_on_batch(x, y)
    before = model.get_weights()
    model.fit(x, y, epochs=5, batch_size=4, verbose=0)
    assert model.predict(x).shape == (4, classes)
    assert len(model.trainable_weights) >= 4
    after = model.get_weights()
    assert all(np.isfinite(each).all() for each in after)
    assert any((one != other).any() for one, other in zip(before, after, strict=True))


def test_model_of_two_inputs_has_two_outputs() -> None:
    model = models.MultiIOTestModel(use_bn=True, use_dp=True, num_classes=(2, 3))
    model.compile(loss="mse", optimizer="sgd")
    x = [np.ones((4, 8), np.float32), np.zeros((4, 8), np.float32)]
    model.train_on_batch(x, [np.zeros((4, 2)), np.zeros((4, 3))])
    assert [output.shape for output in model.predict(x)] == [(4, 2), (4, 3)]


def test_calls_pass_their_own_arguments() -> None:
    model = models.CustomCallModel()
    first, second = tf.ones([2, 3]), tf.ones([2, 4])
    plain = model(first, second)
    larger = model(first, second, fiddle_with_output="yes")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        small, large = session.run([plain, larger])
    np.testing.assert_allclose(large, 10 * small)


def test_masks_and_training_may_be_required() -> None:
    x = tf.ones([2, 3])
    assert models.TrainingMaskingModel()(x, mask=None).shape == (2, 1)
    assert models.TrainingNoDefaultModel()(x, training=True).shape == (2, 1)
