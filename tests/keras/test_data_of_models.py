"""What models are given to train with: what they take, and what they refuse in which words."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras
layers = keras.layers


def _model(loss="mse", **settings):
    model = keras.Sequential([layers.Dense(4, input_shape=(3,))])
    model.compile("sgd", loss, **settings)
    return model


X, Y = np.ones((10, 3), np.float32), np.ones((10, 4), np.float32)


def _generator(batch=(X, Y)):
    while True:
        yield batch


def test_arrays_of_different_lengths_are_refused():
    model = _model()
    with pytest.raises(
        ValueError, match=r"same number of samples as target arrays. Found 10 input"
    ):
        model.train_on_batch(X, Y[:5])
    with pytest.raises(ValueError, match="sample_weight cannot be broadcast"):
        model.train_on_batch(X, Y, sample_weight=np.ones(5))


def test_class_weights_are_for_all_classes_of_flat_labels():
    model = _model()
    with pytest.raises(ValueError, match=r"must contain all classes in the data. The classes {1}"):
        model.fit(X[:2], np.eye(4)[:2], class_weight={0: 1.0}, verbose=0)
    model = keras.Sequential([layers.Dense(4, input_shape=(2, 3))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"not supported for 3\+ dimensional targets"):
        model.fit(np.ones((2, 2, 3)), np.ones((2, 2, 4)), class_weight={0: 1.0}, verbose=0)


def test_unknown_keys_are_named_with_those_that_are_known():
    inputs = layers.Input((3,))
    outputs = [layers.Dense(4, name=name)(inputs) for name in ("one", "two")]
    model = keras.Model(inputs, outputs)
    for setting in ("loss_weights", "sample_weight_mode", "metrics"):
        with pytest.raises(ValueError, match=rf"Unknown entries in {setting} dictionary: \['x'\]"):
            model.compile("sgd", "mse", **{setting: {"x": None}})
    with pytest.raises(TypeError, match="Could not interpret loss_weights argument"):
        model.compile("sgd", "mse", loss_weights=2.0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"Only expected following keys: \['one', 'two'\]"):
        model.fit(X, [Y, Y], sample_weight={"x": np.ones(10)})


def test_metrics_of_one_name_get_numbers_and_each_output_its_own_objects():
    model = _model(metrics=[keras.metrics.MeanSquaredError(), keras.metrics.MeanSquaredError()])
    assert model.metrics_names == ["loss", "mean_squared_error", "mean_squared_error_1"]
    inputs = layers.Input((3,))
    outputs = [layers.Dense(4, name=name)(inputs) for name in ("one", "two")]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError()])
    assert len({id(metric) for metric in model.metrics}) == 2
    reports = model.train_on_batch(X, [model.predict(X)[0], Y * 0])
    named = dict(zip(model.metrics_names, reports, strict=True))
    assert named["one_mean_absolute_error"] < 1e-6 < named["two_mean_absolute_error"]


def test_added_metrics_say_what_they_are():
    inputs = layers.Input((3,))
    model = keras.Model(inputs, layers.Dense(4)(inputs))
    total = tf.reduce_sum(model.outputs[0])
    with pytest.raises(ValueError, match="Please provide a name for your metric"):
        model.add_metric(total, aggregation="mean")
    with pytest.raises(ValueError, match="We currently support only `mean`"):
        model.add_metric(total, aggregation="sum", name="x")
    with pytest.raises(ValueError, match=r"not the output of a `tf.keras.metrics.Metric`"):
        model.add_metric(total, name="x")
    model.add_metric(total, aggregation="mean", name="x")
    model.compile("sgd", "mse")
    assert model.metrics_names == ["loss", "x"]


def test_variables_and_inputs_from_tensors_are_data():
    model = _model()
    x, y = keras.backend.zeros((10, 3)), keras.backend.zeros((10, 4))
    model.fit(x, y, steps_per_epoch=2, verbose=0)
    with pytest.raises(ValueError, match=r"data tensors as input .* the `steps` argument"):
        model.predict(x)
    with pytest.raises(ValueError, match="cannot use `validation_split`"):
        model.fit(x, y, steps_per_epoch=2, validation_split=0.2)
    fixed = layers.Input(tensor=tf.constant(X))
    free = layers.Input((3,), name="free")
    both = keras.Model([free, fixed], layers.Dense(4)(layers.add([free, fixed])))
    both.compile("sgd", "mse")
    both.fit({"free": X}, Y, batch_size=10, verbose=0)
    alone = keras.Model(fixed, layers.Dense(4)(fixed))
    alone.compile("sgd", "mse")
    alone.train_on_batch(None, Y)
    assert alone.predict(None, steps=3).shape == (30, 4)


def test_the_ends_of_data_sets_are_known():
    model = _model()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(5)
    with pytest.raises(ValueError, match="must specify the `steps_per_epoch` argument"):
        model.fit(data.repeat(), verbose=0)
    with pytest.raises(ValueError, match="contains 2 batches, but you passed `steps=3`"):
        model.evaluate(data, steps=3, verbose=0)
    history = model.fit(data, epochs=2, validation_data=data, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert history.params["steps"] == 2
    unknown = data.filter(lambda x, y: True)
    history = model.fit(unknown, epochs=3, steps_per_epoch=3, verbose=0)
    assert len(history.history["loss"]) == 1
    loss = model.train_on_batch(data)
    assert np.isfinite(loss)
    assert np.shape(model.predict_on_batch(data)) == (5, 4)


def test_the_loss_of_a_data_set_is_the_mean_of_its_batches():
    model = keras.Sequential([layers.Lambda(lambda x: x, input_shape=(1,))])
    model.compile("sgd", "mse")
    x = np.float32([[1], [1], [1], [3]])
    data = tf.data.Dataset.from_tensor_slices((x, np.zeros_like(x))).batch(3)
    assert model.evaluate(data, verbose=0) == 5.0
    assert model.evaluate(x, np.zeros_like(x), batch_size=3, verbose=0) == 3.0


def test_generators_give_tuples_and_need_a_number_of_steps():
    model = _model()
    with pytest.raises(ValueError, match="Output of generator should be a tuple of 1 or 2 or 3"):
        model.fit_generator(_generator(0), steps_per_epoch=2, verbose=0)
    with pytest.raises(ValueError, match="number of steps via the `steps_per_epoch` argument"):
        model.fit_generator(_generator(), verbose=0)
    with pytest.raises(ValueError, match="specify the `validation_steps` argument"):
        model.fit(_generator(), steps_per_epoch=1, validation_data=_generator(), verbose=0)
    assert model.predict_generator(_generator(), steps=3).shape == (30, 4)


def test_when_to_validate_is_a_number_or_a_list():
    model = _model()
    settings = {"epochs": 4, "validation_data": (X, Y), "verbose": 0}
    for often, count in ((2, 2), ([1, 4], 2), ((3,), 1)):
        history = model.fit(X, Y, validation_freq=often, **settings)
        assert len(history.history["val_loss"]) == count
    with pytest.raises(ValueError, match="can not be less than 1"):
        model.fit(X, Y, validation_freq=0, **settings)
    with pytest.raises(ValueError, match="must be an Integer or"):
        model.fit(X, Y, validation_freq=1.5, **settings)


def test_sparse_inputs_take_matrices_of_scipy():
    sparse = pytest.importorskip("scipy.sparse")
    inputs = layers.Input((3,), sparse=True)
    model = keras.Model(inputs, layers.Lambda(tf.sparse.to_dense)(inputs))
    model.compile("sgd", "mse")
    matrix = sparse.csr_matrix(np.float32([[0, 1, 0], [2, 0, 0], [0, 0, 3]]))
    assert model.evaluate(matrix, matrix.toarray(), batch_size=2, verbose=0) == 0.0
    assert model.predict(matrix).tolist() == matrix.toarray().tolist()
    assert inputs._keras_history.layer.get_config()["sparse"] is True


def test_layers_know_what_was_taken_from_them():
    layer = layers.Layer()
    layer.inner = [layers.Dense(2)]
    layer.state = tf.Variable(1.0, use_resource=True)
    layer.state = tf.Variable(2.0, use_resource=True)
    assert len(layer.submodules) == len(layer.trainable_weights) == 1
    del layer.state, layer.inner
    assert (layer.submodules, layer.weights) == ((), [])


def test_inputs_are_checked_for_dtype_and_calls_for_a_result():
    class Strict(layers.Layer):
        def __init__(self):
            super().__init__(name="strict")
            self.input_spec = [layers.InputSpec(), layers.InputSpec(dtype="float32")]

        def call(self, inputs):
            return None

    with pytest.raises(ValueError, match=r"Input 1 of layer strict .* expected dtype=float32"):
        Strict()([tf.zeros([1]), tf.zeros([1], tf.int32)])
    with pytest.raises(ValueError, match="should return a Tensor or a list of Tensors, not None"):
        Strict()([tf.zeros([1]), tf.zeros([1])])
    spec = layers.InputSpec.from_config(layers.InputSpec(ndim=2, axes={"1": 3}).get_config())
    assert repr(spec) == "InputSpec(ndim=2, axes={1: 3})"
    with pytest.raises(ValueError, match="Axis 2 is greater than the maximum allowed value: 1"):
        layers.InputSpec(ndim=2, axes={2: 1})


def test_models_refuse_inputs_twice_and_batches_of_two_sizes():
    one, two = (layers.Input((3,), batch_size=size) for size in (2, 3))
    added = layers.Dense(1)(one)
    with pytest.raises(ValueError, match="inputs passed to the model is redundant"):
        keras.Model([one, one], added)
    with pytest.raises(ValueError, match=r"Found batch sizes: \[2, 3\]"):
        keras.Model([one, two], added)
    model = keras.Model(one, added)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="specified batch size of your Input Layer: 2"):
        model.fit(X, np.ones((10, 1)), batch_size=5)


def test_nodes_say_where_their_inputs_come_from():
    first, second = layers.Input((3,), name="first"), layers.Input((3,), name="second")
    dense, add = layers.Dense(2, name="dense"), layers.Add(name="add")
    add([dense(first), dense(second)])
    (node,) = add.inbound_nodes
    assert node.get_config() == {
        "outbound_layer": "add",
        "inbound_layers": ["dense", "dense"],
        "node_indices": [0, 1],
        "tensor_indices": [0, 0],
    }
    assert [tuple(each[:3]) for each in node.iterate_inbound()] == [(dense, 0, 0), (dense, 1, 0)]
    assert (node.input_shapes, node.output_shapes) == ([(None, 2), (None, 2)], (None, 2))
    model = keras.Model([first, second], [dense.get_output_at(0), dense.get_output_at(1)])
    assert model.compute_mask([first, second], [None, None]) == [None, None]


def test_models_of_own_classes_say_what_they_cannot_be_built_with():
    class Own(keras.Model):
        def call(self, inputs, further):
            return inputs

    with pytest.raises(ValueError, match="not one of the valid types"):
        Own().build("abc")
    with pytest.raises(ValueError, match="Input shape must be defined"):
        Own().build(None)
    with pytest.raises(ValueError, match="required for its `call` method"):
        Own().build((2, 3))
    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"positional arguments, found: \['further'\]"):
        model.fit(X, Y)
