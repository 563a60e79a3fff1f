"""Models of Keras: built, trained, evaluated and saved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras
layers = keras.layers


@pytest.fixture(autouse=True)
def the_same_start(fresh_session: None) -> None:
    tf.set_random_seed(3)
    np.random.seed(3)  # Keras shuffles by it


def blobs(count: int = 60) -> tuple[Any, Any]:
    """Return points around two centres, and which of them is which."""
    random = np.random.RandomState(3)
    classes = np.arange(count) % 2
    return random.randn(count, 3).astype("f") + 3.0 * classes[:, None], classes


def classifier() -> Any:
    return keras.Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(3,)),
            layers.Dense(2, activation="softmax"),
        ]
    )


def test_training_learns_to_tell_classes_apart() -> None:
    x, y = blobs()
    model = classifier()
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(x, y, epochs=25, verbose=0, validation_data=(x, y))
    assert sorted(history.history) == ["acc", "loss", "val_acc", "val_loss"]
    assert history.history["val_acc"][-1] > 0.95
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert loss == pytest.approx(history.history["val_loss"][-1], rel=1e-4)
    assert accuracy == pytest.approx(np.mean(model.predict_classes(x) == y))


def test_variables_are_named_by_their_layers() -> None:
    names = [weight.name for weight in classifier().weights]
    assert names == ["dense/kernel:0", "dense/bias:0", "dense_1/kernel:0", "dense_1/bias:0"]


def test_a_functional_model_has_several_inputs_and_outputs() -> None:
    first, second = layers.Input((4,)), layers.Input((4,), name="second")
    shared = layers.Dense(5, activation="tanh")
    joined = layers.concatenate([shared(first), shared(second)])
    total = layers.Dense(1, name="total")(joined)
    kind = layers.Dense(3, activation="softmax", name="kind")(joined)
    model = keras.Model([first, second], [total, kind])
    model.compile("sgd", ["mse", "categorical_crossentropy"], loss_weights=[1.0, 0.5])
    random = np.random.RandomState(0)
    inputs = {"input_1": random.randn(10, 4), "second": random.randn(10, 4)}
    labels = [random.randn(10), np.eye(3)[random.randint(0, 3, 10)]]
    loss, total_loss, kind_loss = model.train_on_batch(inputs, labels)
    assert model.metrics_names == ["loss", "total_loss", "kind_loss"]
    assert loss == pytest.approx(total_loss + 0.5 * kind_loss, rel=1e-5)
    assert len(model.trainable_weights) == 6
    assert [each.shape for each in model.predict(inputs)] == [(10, 1), (10, 3)]


def test_nodes_between_layers_belong_to_the_model() -> None:
    given = layers.Input((2,))
    inner = layers.Dense(3)(given) * 2.0 + tf.reduce_sum(given, 1, keepdims=True)
    model = keras.Model(given, layers.Dense(1)(inner))
    other = tf.constant([[1.0, 2.0]])
    with keras.backend.get_session().as_default():
        expected = model.predict(np.float32([[1, 2]]))
        assert np.allclose(model(other).eval(), expected, atol=1e-6)


def test_a_subclass_is_connected_by_its_data() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Dense(4, activation="relu")
            self.rest = [layers.Dense(3), layers.Dropout(0.5)]

        def call(self, inputs: Any, training: Any = None) -> Any:
            outputs = self.first(inputs)
            for layer in self.rest:
                outputs = layer(outputs)
            return outputs

    model = Net()
    model.compile(tf.train.GradientDescentOptimizer(0.1), "mse")
    model.fit(np.ones((6, 2)), np.zeros((6, 3)), verbose=0)
    assert [tuple(each.shape.as_list()) for each in model.weights] == [
        (2, 4), (4,), (4, 3), (3,),
    ]  # fmt: skip


def test_batch_normalisation_learns_moments_in_training_alone() -> None:
    model = keras.Sequential([layers.BatchNormalization(momentum=0.5, input_shape=(2,))])
    model.compile("sgd", "mse")
    x = np.float32([[0, 10], [4, 30]])
    model.evaluate(x, x, verbose=0)
    assert np.allclose(model.get_weights()[2], [0, 0])
    model.train_on_batch(x, x)
    assert np.allclose(model.get_weights()[2], [1, 10])
    assert model.updates


def test_dropout_works_in_training_alone() -> None:
    model = keras.Sequential([layers.Dropout(0.5, input_shape=(100,))])
    ones = np.ones((1, 100), "f")
    assert np.array_equal(model.predict(ones), ones)
    step = keras.backend.function([model.input, keras.backend.learning_phase()], [model.output])
    assert set(np.unique(step([ones, True])[0])) == {0.0, 2.0}


def test_weights_return_from_a_checkpoint(tmp_path: Path) -> None:
    model = classifier()
    before = model.get_weights()
    path = str(tmp_path / "weights")
    model.save_weights(path)
    model.set_weights([each + 1 for each in before])
    model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    reader = tf.train.NewCheckpointReader(path)
    key = "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert np.array_equal(reader.get_tensor(key), before[0])


def test_a_model_returns_from_json() -> None:
    given = layers.Input((4,))
    both = layers.add([layers.Dense(5, activation="relu")(given), layers.Dense(5)(given)])
    model = keras.Model(given, layers.Dense(2)(both))
    copy = keras.models.model_from_json(model.to_json())
    copy.set_weights(model.get_weights())
    x = np.random.RandomState(1).randn(3, 4)
    assert np.allclose(copy.predict(x), model.predict(x), atol=1e-6)
    clone = keras.models.clone_model(model)
    assert len(clone.weights) == len(model.weights)
    assert clone.weights[0] is not model.weights[0]


def test_data_sets_and_generators_are_trained_with() -> None:
    x, y = blobs(32)
    model = classifier()
    model.compile("adagrad", "sparse_categorical_crossentropy")
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8).repeat()
    first = model.fit(dataset, epochs=3, steps_per_epoch=4, verbose=0).history["loss"]
    assert len(first) == 3

    def batches() -> Iterator[Any]:
        while True:
            yield x[:4], y[:4]

    second = model.fit_generator(batches(), steps_per_epoch=2, epochs=2, verbose=0)
    assert second.history["loss"][1] < second.history["loss"][0]
    assert model.predict(dataset, steps=2).shape == (16, 2)


@pytest.mark.parametrize(
    "name", ["sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam"]
)
def test_each_optimizer_lowers_a_loss(name: str) -> None:
    x, y = blobs()
    model = classifier()
    model.compile(name, "sparse_categorical_crossentropy")
    model.optimizer.lr = 0.05
    losses = model.fit(x, y, epochs=5, verbose=0, shuffle=False).history["loss"]
    assert losses[-1] < losses[0]


def test_callbacks_end_training_and_change_the_learning_rate() -> None:
    x, y = blobs()
    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy")
    seen: list[int] = []
    callbacks = [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)),
        keras.callbacks.EarlyStopping("loss", min_delta=100.0, patience=2),
    ]
    history = model.fit(x, y, epochs=9, verbose=0, callbacks=callbacks)
    assert seen == [0, 1, 2]
    assert history.history["lr"] == pytest.approx([0.5, 0.25, 0.5 / 3])


def test_an_input_of_another_shape_is_refused() -> None:
    model = classifier()
    with pytest.raises(ValueError, match=r"expected dense_input to have shape \(3,\)"):
        model.predict(np.ones((2, 5)))


def test_a_model_that_is_not_compiled_says_so() -> None:
    with pytest.raises(RuntimeError, match="compile your model"):
        classifier().fit(np.ones((2, 3)), np.zeros(2))


def test_layers_work_in_plain_graphs() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    outputs = layers.Dense(2, kernel_regularizer=keras.regularizers.l2(0.1))
    loss = tf.reduce_mean(tf.square(outputs(x))) + tf.add_n(outputs.losses)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: np.ones((4, 3))}
        before = session.run(loss, feed)
        session.run(step, feed)
        assert session.run(loss, feed) < before


def test_programs_find_keras_under_all_its_names() -> None:
    from tensormill.keras.layers import Dense
    from tensormill.python.keras import backend
    from tensormill.python.keras.engine.base_layer import Layer
    from tensormill.python.keras.layers import Dense as inner

    assert Dense is inner is layers.Dense
    assert issubclass(Dense, Layer)
    assert backend.learning_phase is keras.backend.learning_phase
