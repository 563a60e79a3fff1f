"""Callbacks of Keras: when they act, what they write, what they refuse."""

from __future__ import annotations

import json
import sys
import types

import numpy as np
import pytest

import tensormill as tf
from tensormill.keras.callback_base import CallbackList

keras = tf.keras
callbacks = keras.callbacks

X = np.random.RandomState(0).rand(20, 3).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[np.random.RandomState(1).randint(0, 2, 20)]


def _model():
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,), activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["acc"])
    return model


def test_training_begins_with_the_newest_checkpoint_where_that_is_asked_for(tmp_path):
    path = str(tmp_path / "weights.{epoch:02d}.h5")
    settings = {"save_weights_only": True, "load_weights_on_restart": True}
    first = _model()
    first.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.ModelCheckpoint(path, **settings)])
    second = _model()
    checkpoint = callbacks.ModelCheckpoint(path, **settings)
    second.fit(X, Y, epochs=0, verbose=0, callbacks=[checkpoint])
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    (tmp_path / "weights.99.h5").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="Error loading file from"):
        second.fit(X, Y, epochs=0, verbose=0, callbacks=[checkpoint])


def test_checkpoints_are_written_after_epochs_or_elements(tmp_path):
    with pytest.raises(ValueError, match="Unrecognized save_freq: often"):
        callbacks.ModelCheckpoint(str(tmp_path / "x"), save_freq="often")
    model = _model()
    every = callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.h5"), period=2)
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[every])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.h5", "4.h5"]


def test_the_log_tells_of_a_mode_that_there_is_not(monkeypatch):
    said = []
    monkeypatch.setattr(tf.logging, "warning", lambda text, *args: said.append(text % args))
    stopping = callbacks.EarlyStopping(monitor="val_acc", mode="unknown")
    assert stopping.monitor_op is np.greater
    assert stopping.get_monitor_value({"loss": 1}) is None
    assert said[0] == "EarlyStopping mode unknown is unknown, fallback to auto mode."
    assert "`val_acc` which is not available. Available metrics are: loss" in said[1]


def test_the_learning_rate_rests_after_a_change():
    plateau = callbacks.ReduceLROnPlateau(epsilon=0.5, cooldown=2, patience=1, factor=0.5)
    assert plateau.min_delta == 0.5
    rate = keras.backend.variable(1.0)
    plateau.model = types.SimpleNamespace(optimizer=types.SimpleNamespace(lr=rate))
    rests = []
    for epoch, loss in enumerate([3.0, 2.9, 2.8, 2.7, 2.6]):
        plateau.on_epoch_end(epoch, {"val_loss": loss})
        rests.append(plateau.in_cooldown())
    assert rests == [False, True, True, True, True]
    assert float(keras.backend.get_value(rate)) == 0.25


def test_a_remote_monitor_posts_reports(monkeypatch):
    posted = []
    requests = types.SimpleNamespace(
        post=lambda url, *args, **kwargs: posted.append((args, kwargs)),
        exceptions=types.SimpleNamespace(RequestException=OSError),
    )
    monkeypatch.setitem(sys.modules, "requests", requests)
    callbacks.RemoteMonitor().on_epoch_end(3, {"loss": np.float32(0.5)})
    callbacks.RemoteMonitor(send_as_json=True).on_epoch_end(4, {"loss": 1.0})
    (form, _), (_, sent) = posted
    assert json.loads(form[0]["data"]) == {"epoch": 3, "loss": 0.5}
    assert sent["json"] == {"epoch": 4, "loss": 1.0}


def _tags(folder):
    (path,) = folder.iterdir()
    events = list(tf.train.summary_iterator(str(path)))
    return [(event.step, value.tag) for event in events for value in event.summary.value]


def test_tensorboard_writes_histograms_with_each_batch_of_the_validation(tmp_path):
    board = callbacks.TensorBoard(
        str(tmp_path), histogram_freq=2, write_grads=True, write_images=True, update_freq=10
    )
    model = _model()
    data = {"validation_data": (X, Y), "batch_size": 5}
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[board], **data)
    tags = _tags(tmp_path)
    kernel = "dense/kernel_0"
    assert [step for step, tag in tags if tag == kernel] == [0, 1, 2, 3]
    assert {f"{kernel}_grad", "dense_out"} <= {tag for _, tag in tags}
    assert any(tag.startswith(kernel) and "/image" in tag for _, tag in tags)
    assert [step for step, tag in tags if tag == "batch_loss"] == [1, 3, 5, 7]
    assert [step for step, tag in tags if tag == "epoch_val_loss"] == [20, 40]


def test_tensorboard_saves_embeddings(tmp_path):
    model = keras.Sequential([keras.layers.Embedding(7, 4, input_length=2, name="words")])
    model.add(keras.layers.Flatten())
    model.compile("sgd", "mse")
    words, labels = np.arange(6).reshape(3, 2), np.zeros((3, 8))
    board = callbacks.TensorBoard(
        str(tmp_path), embeddings_freq=1, embeddings_data=words, batch_size=2
    )
    model.fit(words, labels, epochs=1, verbose=0, callbacks=[board])
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(tmp_path)))
    np.testing.assert_allclose(reader.get_tensor("words_embedding"), model.predict(words), 1e-6)
    assert 'tensor_name: "words_embedding:0"' in (tmp_path / "projector_config.pbtxt").read_text()
    with pytest.raises(ValueError, match="embeddings_data must be provided"):
        model.fit(
            words, labels, verbose=0,
            callbacks=[callbacks.TensorBoard(str(tmp_path), embeddings_freq=1)],
        )  # fmt: skip


def test_a_list_of_callbacks_calls_all_of_them():
    seen = []
    one = callbacks.LambdaCallback(
        on_train_begin=lambda logs: seen.append(logs),
        on_batch_end=lambda batch, logs: seen.append((batch, logs)),
    )
    listed = CallbackList([one])
    listed.set_params({"epochs": 1})
    listed.on_train_begin()
    listed.on_batch_end(2, {"loss": 1})
    listed.on_train_batch_end(3)
    assert list(listed) == [one]
    assert (listed.params, seen) == ({"epochs": 1}, [{}, (2, {"loss": 1}), (3, {})])


def test_what_is_fetched_besides_goes_to_its_callback():
    x = keras.backend.placeholder(shape=(None,))
    function = keras.backend.function([x], [x * 2.0])
    squares, seen = x * x, []
    function.fetches.append(squares)
    function.fetch_callbacks[squares] = lambda value: seen.append(value.tolist())
    assert function([np.float32([3.0])])[0].tolist() == [6.0]
    function.fetches.clear()
    assert function([np.float32([4.0])])[0].tolist() == [8.0]
    assert seen == [[9.0]]
