"""Weights of networks in files: checkpoints by object, and HDF5 files.

In a checkpoint, layer number n that has weights keeps its weight `kernel` under the key
`layer_with_weights-n/kernel/.ATTRIBUTES/VARIABLE_VALUE`.

Source: TensorFlow 1.15, python/keras/engine/network.py and python/keras/saving/hdf5_format.py.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tensormill.formats.bundle_writer import BundleWriter
from tensormill.graph import dtypes
from tensormill.keras.backend.values import batch_get_value, batch_set_value
from tensormill.keras.engine.old_weights import preprocess_weights_for_loading
from tensormill.train.checkpoints.object_based import OBJECT_GRAPH_KEY
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.state_file import (
    checkpoint_exists,
    update_checkpoint_state_internal,
)

__all__ = ["is_hdf5_path", "load", "load_hdf5", "save", "save_hdf5"]

_HDF5_ENDINGS = (".h5", ".keras", ".hdf5")
_VALUE = "VARIABLE_VALUE"


def is_hdf5_path(path: Any) -> bool:
    """Return whether a path is that of an HDF5 file."""
    return os.fspath(path).endswith(_HDF5_ENDINGS)


def is_checkpoint(path: Any) -> bool:
    """Return whether a path is that of a checkpoint."""
    return not is_hdf5_path(path) and checkpoint_exists(os.fspath(path))


def save(network: Any, path: Any, overwrite: bool, save_format: str | None) -> None:
    """Write the weights of a network.

    Raises:
      ValueError: the format is not known, or does not go with the path.
    """
    path = os.fspath(path)
    if save_format is None:
        save_format = "h5" if is_hdf5_path(path) else "tf"
    if save_format.lower().strip() in ("h5", "hdf5", "keras"):
        if os.path.exists(path) and not overwrite:
            raise FileExistsError(f"{path} is there already, and is not to be overwritten")
        with h5py().File(path, "w") as file:
            save_hdf5(file, network)
    elif save_format in ("tf", "tensorflow"):
        if is_hdf5_path(path):
            raise ValueError(
                f'save_weights got save_format="tf"/"tensorflow", but the filepath ("{path}") '
                'looks like an HDF5 file. Omit the ".h5"/".keras" when saving in TensorFlow format.'
            )
        _save_checkpoint(network, path)
    else:
        raise ValueError(f'Unknown format "{save_format}". Was expecting one of {{"tf", "h5"}}.')


def load(network: Any, path: Any, by_name: bool) -> Any:
    """Set the weights of a network from a file.

    Raises:
      ValueError: the file does not fit the network.
      NotFoundError: there is no such file.
    """
    path = os.fspath(path)
    if is_checkpoint(path):
        if by_name:
            raise NotImplementedError(
                "Weights may only be loaded based on topology into Models when loading "
                "TensorFlow-formatted weights (got by_name=True to load_weights)."
            )
        return _load_checkpoint(network, path)
    with h5py().File(path, "r") as file:
        load_hdf5(file, network, by_name)
    return None


def h5py() -> Any:
    """Return the module `h5py`, which few programs need: it is loaded by those that do."""
    return importlib.import_module("h5py")


def _attribute_name(weight: Any) -> str:
    return str(weight.op.name.rsplit("/", 1)[-1])


def _keys(network: Any) -> list[tuple[list[str], Any]]:
    """Return the path of each weight from the network, and the weight."""
    found: list[tuple[list[str], Any]] = []
    known: set[int] = set()
    number = 0
    for layer in network.layers:
        if not layer.weights:
            continue
        names: dict[str, int] = {}
        for weight in layer.weights:
            if id(weight) in known:
                continue
            known.add(id(weight))
            name = _attribute_name(weight)
            names[name] = names.get(name, 0) + 1
            suffix = "" if names[name] == 1 else f"_{names[name] - 1}"
            found.append(([f"layer_with_weights-{number}", name + suffix], weight))
        number += 1
    for weight in network.weights:
        if id(weight) not in known:
            found.append(([_attribute_name(weight)], weight))
    return found


def _save_checkpoint(network: Any, path: str) -> None:
    keys = _keys(network)
    values = batch_get_value([weight for _, weight in keys])
    objects = TrackableObjectGraph()
    numbers: dict[tuple[str, ...], int] = {(): 0}
    objects.nodes.add()

    def node_at(parts: tuple[str, ...]) -> int:
        if parts not in numbers:
            parent = node_at(parts[:-1])
            numbers[parts] = len(objects.nodes)
            objects.nodes.add()
            child = objects.nodes[parent].children.add()
            child.node_id, child.local_name = numbers[parts], parts[-1]
        return numbers[parts]

    with BundleWriter(path) as writer:
        for (parts, weight), value in zip(keys, values, strict=True):
            key = "/".join([*parts, ".ATTRIBUTES", _VALUE])
            array = np.ascontiguousarray(value)
            dtype = weight.dtype.base_dtype.as_datatype_enum
            writer.add(key, dtype, np.shape(value), array)
            attribute = objects.nodes[node_at(tuple(parts))].attributes.add()
            attribute.name, attribute.full_name = _VALUE, weight.op.name
            attribute.checkpoint_key = key
        content = [objects.SerializeToString()]
        writer.add(OBJECT_GRAPH_KEY, dtypes.string.as_datatype_enum, (), content)
    update_checkpoint_state_internal(
        os.path.dirname(path) or ".", path, [path], save_relative_paths=True
    )


def _load_checkpoint(network: Any, path: str) -> Any:
    reader = NewCheckpointReader(path)
    objects = TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))
    by_path: dict[tuple[str, ...], str] = {}
    _walk(objects, 0, (), by_path, set())
    pairs = []
    for parts, weight in _keys(network):
        key = by_path.get(tuple(parts))
        if key is None:
            raise ValueError(f"The checkpoint {path} has no weight {'/'.join(parts)}.")
        pairs.append((weight, reader.get_tensor(key)))
    batch_set_value(pairs)
    return LoadStatus()


def _walk(
    objects: Any, number: int, parts: tuple[str, ...], found: dict[tuple[str, ...], str], seen: Any
) -> None:
    """Note the keys of the objects that can be reached, by their paths."""
    if number in seen:
        return
    node = objects.nodes[number]
    for attribute in node.attributes:
        found[parts] = attribute.checkpoint_key
    for child in node.children:
        _walk(objects, child.node_id, (*parts, child.local_name), found, {*seen, number})


class LoadStatus:
    """What `load_weights` returns: all that was asked for has been read."""

    def assert_consumed(self) -> LoadStatus:
        """Return this."""
        return self

    assert_existing_objects_matched = assert_nontrivial_match = expect_partial = assert_consumed


def _layer_weights(layer: Any) -> list[Any]:
    return list(layer.trainable_weights) + list(layer.non_trainable_weights)


def save_hdf5(group: Any, network: Any) -> None:
    """Write the weights of a network to a group of an HDF5 file."""
    save_layers(group, network.layers)


def save_layers(f: Any, layers: Any) -> None:
    """Write the weights of layers to a group of an HDF5 file."""
    f.attrs["layer_names"] = [layer.name.encode() for layer in layers]
    f.attrs["backend"] = b"tensorflow"
    f.attrs["keras_version"] = b"2.2.4-tf"
    for layer in layers:
        own = f.create_group(layer.name)
        weights = _layer_weights(layer)
        names = [weight.name.encode() for weight in weights]
        own.attrs["weight_names"] = names
        for name, value in zip(names, batch_get_value(weights), strict=True):
            own.create_dataset(name.decode(), data=value)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def load_hdf5(group: Any, network: Any, by_name: bool) -> None:
    """Set the weights of a network from a group of an HDF5 file.

    Raises:
      ValueError: the numbers of layers or weights are others.
    """
    if "layer_names" not in group.attrs and "model_weights" in group:
        group = group["model_weights"]
    if by_name:
        load_layers_by_name(group, network.layers)
    else:
        load_layers(group, network.layers)


def _stored(group: Any) -> dict[str, list[Any]]:
    """Return the arrays of each layer by its name."""
    return {
        _text(name): [
            np.asarray(group[_text(name)][_text(weight)])
            for weight in group[_text(name)].attrs["weight_names"]
        ]
        for name in group.attrs["layer_names"]
    }


def _origin(group: Any) -> tuple[str, str | None]:
    """Return the version of Keras that wrote a group, and what it ran on."""
    backend = group.attrs.get("backend")
    version = _text(group.attrs.get("keras_version", "1"))
    return version, None if backend is None else _text(backend)


def load_layers(f: Any, layers: Any) -> None:
    """Set the weights of layers from a group of an HDF5 file, in its order.

    Raises:
      ValueError: the numbers of layers or weights are others.
    """
    filled = [values for values in _stored(f).values() if values]
    with_weights = [layer for layer in layers if _layer_weights(layer)]
    if len(filled) != len(with_weights):
        raise ValueError(
            f"You are trying to load a weight file containing {len(filled)} layers into a "
            f"model with {len(with_weights)} layers."
        )
    pairs: list[tuple[Any, Any]] = []
    for at, (layer, values) in enumerate(zip(with_weights, filled, strict=True)):
        pairs += _matched(at, layer, values, _origin(f))
    batch_set_value(pairs)


def load_layers_by_name(f: Any, layers: Any) -> None:
    """Set the weights of those layers that a group of an HDF5 file has under their names.

    Raises:
      ValueError: the numbers of weights are others.
    """
    stored = _stored(f)
    pairs: list[tuple[Any, Any]] = []
    for at, layer in enumerate(layers):
        if layer.name in stored:
            pairs += _matched(at, layer, stored[layer.name], _origin(f))
    batch_set_value(pairs)


def _matched(
    at: int, layer: Any, values: list[Any], origin: tuple[str, str | None]
) -> list[tuple[Any, Any]]:
    weights = _layer_weights(layer)
    values = preprocess_weights_for_loading(layer, values, *origin) if values else values
    if len(weights) != len(values):
        raise ValueError(
            f'Layer #{at} (named "{layer.name}") expects {len(weights)} weight(s), but the saved '
            f"weights have {len(values)} element(s)."
        )
    for weight, value in zip(weights, values, strict=True):
        shape = tuple(weight.get_shape().as_list())
        if shape != value.shape:
            raise ValueError(
                f'Layer #{at} (named "{layer.name}"), weight {weight} has shape {shape}, but the '
                f"saved weight has shape {value.shape}."
            )
    return list(zip(weights, values, strict=True))
