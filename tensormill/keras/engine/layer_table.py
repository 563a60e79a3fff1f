"""The table of the layers of a network, as `summary` prints it.

Source: TensorFlow 1.15, python/keras/utils/layer_utils.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["count_params", "layer_table", "print_summary"]

_SEQUENTIAL = (0.45, 0.85, 1.0)
_CONNECTED = (0.33, 0.55, 0.67, 1.0)


def layer_table(network: Any, line_length: int | None, positions: Any) -> Iterator[str]:
    """Yield the lines of the table."""
    is_chain = all(len(_sources(layer, network)) <= 1 for layer in network.layers)
    columns = ["Layer (type)", "Output Shape", "Param #"]
    if not is_chain:
        columns.append("Connected to")
    width = line_length or (65 if is_chain else 98)
    ends = list(positions or (_SEQUENTIAL if is_chain else _CONNECTED))
    if ends[-1] <= 1:
        ends = [int(width * end) for end in ends]
    yield f'Model: "{network.name}"'
    yield "_" * width
    yield _row(columns, ends)
    yield "=" * width
    for number, layer in enumerate(network.layers, 1):
        yield from _layer_rows(layer, network, ends, is_chain)
        yield ("=" if number == len(network.layers) else "_") * width
    trainable = count_params(network.trainable_weights)
    other = count_params(network.non_trainable_weights)
    yield f"Total params: {trainable + other:,}"
    yield f"Trainable params: {trainable:,}"
    yield f"Non-trainable params: {other:,}"
    yield "_" * width


def _layer_rows(layer: Any, network: Any, ends: list[int], is_chain: bool) -> Iterator[str]:
    try:
        shape = str(layer.output_shape)
    except AttributeError:
        shape = "multiple"
    count = layer.count_params() if layer.built else "0 (unused)"
    row = [f"{layer.name} ({type(layer).__name__})", shape, str(count)]
    if is_chain:
        yield _row(row, ends)
        return
    sources = _sources(layer, network)
    yield _row([*row, sources[0] if sources else ""], ends)
    for source in sources[1:]:
        yield _row(["", "", "", source], ends)


def _sources(layer: Any, network: Any) -> list[str]:
    """Return where the inputs of a layer come from, as "layer[call][output]"."""
    known = {id(each) for each in network.layers}
    return [
        f"{source.layer.name}[{source.node_index}][{source.tensor_index}]"
        for node in layer._inbound_nodes
        for source in node.sources()
        if id(source.layer) in known
    ]


def _row(cells: list[str], ends: list[int]) -> str:
    line = ""
    for index, (cell, end) in enumerate(zip(cells, ends, strict=False)):
        if index:
            line = line[:-1] + " "
        line = (line + cell)[:end].ljust(end)
    return line


def count_params(weights: Any) -> int:
    """Return the number of entries of weights."""
    each_once = {id(each): each for each in weights}.values()
    return int(sum(np.prod(each.get_shape().as_list()) for each in each_once))


def print_summary(
    model: Any, line_length: int | None = None, positions: Any = None, print_fn: Any = None
) -> None:
    """Print the table of a model, by `print` or by a function of a line."""
    model.summary(line_length, positions, print_fn)
