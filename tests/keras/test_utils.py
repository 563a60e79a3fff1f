"""`tf.keras.utils`: enqueuers, HDF5 data sets as arrays, models on several GPUs, pictures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import tensormill as tf

keras = tf.keras


class _Numbers(keras.utils.Sequence):
    def __init__(self, fails_at: int = -1) -> None:
        self.factor, self.fails_at = 1, fails_at

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> int:
        if index == self.fails_at:
            raise IndexError(f"no {index}")
        return index * self.factor

    def on_epoch_end(self) -> None:
        self.factor *= 5


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_of_a_sequence_come_in_order_and_epochs_end(workers: int) -> None:
    enqueuer = keras.utils.OrderedEnqueuer(_Numbers())
    enqueuer.start(workers, 4)
    batches = enqueuer.get()
    assert [next(batches) for _ in range(10)] == list(range(10))
    assert [next(batches) for _ in range(10)] == [5 * each for each in range(10)]
    enqueuer.stop()
    assert not enqueuer.is_running()
    assert list(batches) == []


def test_shuffled_batches_are_all_there() -> None:
    enqueuer = keras.utils.OrderedEnqueuer(_Numbers(), shuffle=True)
    enqueuer.start(2)
    batches = enqueuer.get()
    assert sorted(next(batches) for _ in range(10)) == list(range(10))
    enqueuer.stop()


def test_an_error_of_a_sequence_reaches_who_takes_batches() -> None:
    enqueuer = keras.utils.OrderedEnqueuer(_Numbers(fails_at=2))
    enqueuer.start(2)
    batches = enqueuer.get()
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(IndexError, match="no 2"):
        next(batches)
    assert not enqueuer.is_running()
    enqueuer.stop()


def test_batches_of_a_generator_end_with_it() -> None:
    def numbers() -> Iterator[Any]:
        yield from (1, None, 2)

    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    enqueuer = keras.utils.GeneratorEnqueuer(numbers())
    enqueuer.start(3, 2)
    assert list(enqueuer.get()) == [1, 2]
    enqueuer.stop()
    enqueuer = keras.utils.GeneratorEnqueuer(failing())
    enqueuer.start()
    batches = enqueuer.get()
    assert next(batches) == 1
    with pytest.raises(ValueError, match="broken"):
        next(batches)
    enqueuer.stop()


def test_rows_of_a_file_stand_in_the_place_of_an_array(tmp_path: Path) -> None:
    path = str(tmp_path / "data.h5")
    values = np.random.RandomState(0).rand(20, 3).astype(np.float32)
    with h5py.File(path, "w") as file:
        file["x"] = values
        file["y"] = values.sum(1, keepdims=True)
    matrix = keras.utils.HDF5Matrix(path, "x", start=4, end=16, normalizer=lambda rows: rows * 2)
    try:
        assert (len(matrix), matrix.shape, matrix.ndim, matrix.size) == (12, (12, 3), 2, 36)
        assert matrix.dtype == np.float32
        for key in (slice(None), slice(2, 5), 3, np.int64(1), [0, 2], np.array([1, 4])):
            np.testing.assert_array_equal(matrix[key], 2 * values[4:16][key])
        for key in (slice(0, 13), 12, [0, 12], np.array([12])):
            with pytest.raises(IndexError):
                matrix[key]
        model = keras.Sequential([keras.layers.Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse")
        y = keras.utils.HDF5Matrix(path, "y", 4, 16)
        model.fit(matrix, y, batch_size=4, shuffle="batch", verbose=0)
        np.testing.assert_allclose(
            model.predict(matrix), model.predict(2 * values[4:16]), rtol=1e-5
        )
    finally:
        keras.utils.HDF5Matrix.refs.pop(path).close()


_GPUS = """
import numpy as np
import tensormill as tf

keras = tf.keras
a = keras.Input((3,), name="a")
first = keras.layers.Dense(2, name="first")(a)
model = keras.Model(a, [first, keras.layers.Dense(1, name="last")(first)])
parallel = keras.utils.multi_gpu_model(model, gpus=2)
parallel.compile("sgd", "mse")
x = np.random.RandomState(0).rand(7, 3).astype("float32")
before = model.predict(x)
for one, other in zip(before, parallel.predict(x)):
    np.testing.assert_allclose(one, other, rtol=1e-5)
parallel.fit(x, [np.zeros((7, 2)), np.ones((7, 1))], verbose=0)
assert not np.allclose(before[0], model.predict(x)[0])
devices = {op.device for op in tf.get_default_graph().get_operations() if "replica_1" in op.name}
assert any(device.endswith("GPU:1") for device in devices), devices
assert parallel.output_names == ["first", "last"], parallel.output_names
try:
    keras.utils.multi_gpu_model(model, gpus=3)
except ValueError as error:
    assert "we expect the following devices to be available" in str(error)
else:
    raise AssertionError
"""


def test_a_model_runs_on_parts_of_a_batch_on_two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "2")
    subprocess.run([sys.executable, "-c", _GPUS], check=True, timeout=120)
    with pytest.raises(ValueError, match="For multi-gpu usage to be effective"):
        keras.utils.multi_gpu_model(keras.Model(), gpus=1)


def test_without_pydot_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="Failed to import pydot"):
        keras.utils.plot_model(keras.Sequential([keras.layers.Dense(1, input_shape=(2,))]))
