"""Batch renormalisation and parts of batches, in `tf.layers` and `tf.keras.layers`.

The numbers are those of TensorFlow's own layers, after two steps of training.
"""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

X = np.arange(8, dtype=np.float32)[:, None] ** 2 / 8.0
CLIPPING = {"rmax": 1.5, "rmin": 0.7, "dmax": 0.2}
# arguments -> entries 0 and 5 of the output in training, then else; moving mean and variance
CASES = [
    ({"renorm": True}, [-0.0426, 3.0163, -0.9044, 0.8183, 1.6406, 3.2896]),
    (
        {"renorm": True, "renorm_clipping": CLIPPING, "renorm_momentum": 0.8},
        [-1.3729, 0.8741, -0.9044, 0.8183, 1.6406, 3.2896],
    ),
    ({"virtual_batch_size": 4}, [-0.9998, 0.2182, -0.8939, 0.8088, 1.6406, 3.3672]),
    (
        {"virtual_batch_size": 4, "renorm": True},
        [0.1032, 2.5364, -0.9221, 0.8343, 1.6406, 3.1646],
    ),
]
LAYERS = [tf.layers.BatchNormalization, tf.keras.layers.BatchNormalization]


@pytest.mark.parametrize("make", LAYERS, ids=["layers", "keras"])
@pytest.mark.parametrize(("arguments", "expected"), CASES)
def test_training_and_inference_give_tensorflows_numbers(make, arguments, expected):
    with tf.Graph().as_default(), tf.Session() as session:
        layer = make(momentum=0.5, **arguments)
        training = tf.placeholder_with_default(True, [])
        y = layer(tf.placeholder_with_default(X, [None, 1]), training=training)
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            session.run(layer.updates)
        trained = session.run(y)
        session.run(layer.updates, {training: False})  # moves nothing
        inferred = session.run(y, {training: False})
        moving = session.run([layer.moving_mean, layer.moving_variance])
    found = [*trained[[0, 5], 0], *inferred[[0, 5], 0], *np.ravel(moving)]
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("make", LAYERS, ids=["layers", "keras"])
def test_parts_of_batches_of_images_are_normalised_by_channel(make):
    images = np.random.RandomState(0).rand(6, 2, 3, 4).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        layer = make(virtual_batch_size=3, axis=1, epsilon=1e-6)
        y = layer(tf.constant(images), training=True)
        assert y.shape.as_list() == [6, 2, 3, 4]
        session.run(tf.global_variables_initializer())
        found = session.run(y).reshape(3, 2, 2, 3, 4)
    np.testing.assert_allclose(found.mean((0, 3, 4)), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.std((0, 3, 4)), 1.0, atol=1e-3)


def test_an_adjustment_scales_and_shifts_in_training_alone():
    with tf.Graph().as_default(), tf.Session() as session:
        layer = tf.keras.layers.BatchNormalization(
            adjustment=lambda shape: (tf.fill([shape[0], 1], 2.0), tf.fill([shape[0], 1], 3.0)),
            epsilon=1e-9,
        )
        training = tf.placeholder_with_default(True, [])
        y = layer(tf.constant([[1.0], [3.0]]), training=training)
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), [[1.0], [5.0]], rtol=1e-5)
        np.testing.assert_allclose(session.run(y, {training: False}), [[1.0], [3.0]], rtol=1e-5)


def test_a_renormalised_layer_of_keras_is_made_again_from_its_settings():
    layer = tf.keras.layers.BatchNormalization(renorm=True, renorm_clipping=CLIPPING)
    config = layer.get_config()
    assert (config["renorm"], config["renorm_clipping"]) == (True, CLIPPING)
    again = tf.keras.layers.BatchNormalization.from_config(config)
    assert (again.renorm, again.renorm_momentum) == (True, 0.99)
    parts = tf.keras.layers.BatchNormalization(virtual_batch_size=2).get_config()
    assert parts["virtual_batch_size"] == 2
    assert "renorm" not in parts
    with pytest.raises(ValueError, match="contains keys not in"):
        tf.keras.layers.BatchNormalization(renorm=True, renorm_clipping={"r": 1.0})
    fused = tf.keras.layers.BatchNormalization(renorm=True, fused=True)
    fused.build([None, 2, 2, 1])
    assert fused.fused is False


def test_a_model_with_a_renormalised_layer_is_fitted():
    with tf.Graph().as_default():
        model = tf.keras.Sequential(
            [
                tf.keras.layers.BatchNormalization(renorm=True, momentum=0.5, input_shape=(1,)),
                tf.keras.layers.Dense(1, kernel_initializer="ones"),
            ]
        )
        model.compile("sgd", "mse")
        model.fit(X, X, epochs=2, batch_size=8, verbose=0)
        names = [each.name.split("/")[-1] for each in model.layers[0].weights]
        assert names == [
            "gamma:0", "beta:0", "moving_mean:0", "moving_variance:0", "moving_stddev:0",
            "renorm_mean:0", "renorm_stddev:0",
        ]  # fmt: skip
        assert model.layers[0].get_weights()[2][0] == pytest.approx(1.6406, abs=1e-3)
