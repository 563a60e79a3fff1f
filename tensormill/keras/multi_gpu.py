"""`multi_gpu_model`: a model whose batches are cut, one part for each GPU.

Source: TensorFlow 1.15, python/keras/utils/multi_gpu_utils.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.graph.device_names import DeviceSpec
from tensormill.keras.backend.state import get_session
from tensormill.keras.engine.training import Model
from tensormill.keras.layers.core import Lambda
from tensormill.keras.layers.merging import concatenate
from tensormill.keras.models import clone_model

__all__ = ["multi_gpu_model"]


def multi_gpu_model(
    model: Any, gpus: Any, cpu_merge: bool = True, cpu_relocation: bool = False
) -> Model:
    """Return a model that runs on parts of the batch side by side, with the same weights.

    Args:
      model: the model.
      gpus: the number of GPUs, or their numbers.
      cpu_merge: whether the CPU puts the outputs together, else the first GPU.
      cpu_relocation: whether the weights are on the CPU, in a copy of the model.

    Raises:
      ValueError: fewer than two are asked for, or one is not there.
    """
    numbers = list(gpus) if isinstance(gpus, (list, tuple)) else list(range(gpus))
    if len(numbers) <= 1:
        counted = "len(gpus)" if isinstance(gpus, (list, tuple)) else "gpus"
        raise ValueError(
            f"For multi-gpu usage to be effective, call `multi_gpu_model` with `{counted} >= 2`. "
            f"Received: `gpus={gpus}`"
        )
    wanted = ["/cpu:0", *(f"/gpu:{number}" for number in numbers)]
    there = [_short(each.name) for each in get_session().list_devices()]
    if not set(wanted) <= set(there):
        raise ValueError(
            f"To call `multi_gpu_model` with `gpus={gpus}`, we expect the following devices to be "
            f"available: {wanted}. However this machine only has: {there}. Try reducing `gpus`."
        )
    if cpu_relocation:
        with tf.device("/cpu:0"):
            model = clone_model(model)
    parts: list[list[Any]] = [[] for _ in model.outputs]
    for position, number in enumerate(numbers):
        with tf.device(f"/gpu:{number}"), tf.name_scope(f"replica_{number}"):
            made = model([_part(each, position, len(numbers)) for each in model.inputs])
            for own, output in zip(parts, made if isinstance(made, list) else [made], strict=True):
                own.append(output)
    with tf.device("/cpu:0" if cpu_merge else f"/gpu:{numbers[0]}"):
        merged = [
            concatenate(own, axis=0, name=name)
            for name, own in zip(_distinct(model.output_names), parts, strict=True)
        ]
    return Model(model.inputs, merged)


def _short(name: str) -> str:
    spec = DeviceSpec.from_string(name)
    return f"/{str(spec.device_type).lower()}:{spec.device_index}"


def _part(tensor: Any, position: int, count: int) -> Any:
    """Return a part of a batch; the last one has what is left over."""

    def cut(data: Any) -> Any:
        size = tf.shape(data)[0]
        step = size // count
        start = step * position
        return data[start:] if position == count - 1 else data[start : start + step]

    return Lambda(cut, output_shape=tuple(tensor.get_shape().as_list()[1:]))(tensor)


def _distinct(names: list[str]) -> list[str]:
    """Return names with numbers where one comes more than once."""
    found = []
    for position, name in enumerate(names):
        number = names[: position + 1].count(name)
        found.append(f"{name}_{number}" if names.count(name) > 1 else name)
    return found
