"""`plot_model`: a picture of the layers of a model, by pydot and graphviz.

Source: TensorFlow 1.15, python/keras/utils/vis_utils.py.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from tensormill.graph import nest

__all__ = ["check_pydot", "model_to_dot", "plot_model"]


def check_pydot() -> bool:
    """Return whether pydot and graphviz are there."""
    try:
        pydot = importlib.import_module("pydot")
        pydot.Dot.create(pydot.Dot())
    except (ImportError, OSError):
        return False
    return True


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
    subgraph: bool = False,
) -> Any:
    """Return a graph of pydot with a node for each layer.

    Args:
      model: the model.
      show_shapes: whether the shapes of inputs and outputs are shown.
      show_layer_names: whether the names of layers are shown.
      rankdir: "TB" from top to bottom, "LR" from left to right.
      expand_nested: whether models inside are shown in boxes of their own.
      dpi: dots per inch.
      subgraph: whether the graph is such a box.

    Raises:
      ImportError: pydot is not there.
    """
    try:
        pydot = importlib.import_module("pydot")
    except ImportError as error:
        raise ImportError(
            "Failed to import pydot. You must install pydot and graphviz for `pydotprint` to work."
        ) from error
    if subgraph:
        dot = pydot.Cluster(style="dashed", graph_name=model.name)
        dot.set("label", model.name)
        dot.set("labeljust", "l")
    else:
        dot = pydot.Dot()
        dot.set("rankdir", rankdir)
        dot.set("concentrate", True)
        dot.set("dpi", dpi)
        dot.set_node_defaults(shape="record")
    if model._graph_of_layers is None:
        dot.add_node(pydot.Node(str(id(model)), label=model.name))
        return dot
    for node in model._graph_of_layers.nodes:
        layer = node.layer
        if expand_nested and hasattr(layer, "_graph_of_layers"):
            inner = model_to_dot(layer, show_shapes, show_layer_names, rankdir, True, dpi, True)
            dot.add_subgraph(inner)
        elif not dot.get_node(str(id(layer))):
            label = _label(layer, show_shapes, show_layer_names)
            dot.add_node(pydot.Node(str(id(layer)), label=label))
    for start, end in _edges(model, expand_nested):
        if not dot.get_edge(start, end):
            dot.add_edge(pydot.Edge(start, end))
    return dot


def _label(layer: Any, show_shapes: bool, show_layer_names: bool) -> str:
    name, kind = layer.name, type(layer).__name__
    inner = getattr(layer, "layer", None)
    if inner is not None:
        name, kind = f"{name}({inner.name})", f"{kind}({type(inner).__name__})"
    label = f"{name}: {kind}" if show_layer_names else kind
    if not show_shapes:
        return label
    shapes = [_shape(layer, attribute) for attribute in ("input_shape", "output_shape")]
    return f"{label}\n|{{input:|output:}}|{{{{{shapes[0]}}}|{{{shapes[1]}}}}}"


def _shape(layer: Any, attribute: str) -> str:
    try:
        return str(getattr(layer, attribute)).replace("None", "?")
    except AttributeError:
        return "?"


def _edges(model: Any, expand_nested: bool) -> list[tuple[str, str]]:
    """Return pairs of the names of nodes: from a layer to one that takes what it gives."""
    source = {
        id(tensor): node.layer
        for node in model._graph_of_layers.nodes
        for tensor in nest.flatten(node.outputs)
    }
    found = []
    for node in model._graph_of_layers.nodes:
        if node.inputs is node.outputs:
            continue
        for tensor in nest.flatten(node.inputs):
            start = source.get(id(tensor))
            if start is not None:
                found.append(
                    (
                        str(id(_end_of(start, expand_nested, -1))),
                        str(id(_end_of(node.layer, expand_nested, 0))),
                    )
                )
    return found


def _end_of(layer: Any, expand_nested: bool, position: int) -> Any:
    """Return a layer, or the first or the last one of a model that is shown in a box."""
    graph = getattr(layer, "_graph_of_layers", None) if expand_nested else None
    return layer if graph is None else _end_of(graph.nodes[position].layer, True, position)


def plot_model(
    model: Any,
    to_file: str = "model.png",
    show_shapes: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
) -> Any:
    """Write a picture of a model.

    Args:
      model: the model.
      to_file: the file; how it ends says its format.
      show_shapes: see `model_to_dot`.
      show_layer_names: likewise.
      rankdir: likewise.
      expand_nested: likewise.
      dpi: likewise.

    Raises:
      ImportError: pydot is not there.
    """
    dot = model_to_dot(model, show_shapes, show_layer_names, rankdir, expand_nested, dpi)
    dot.write(to_file, format=os.path.splitext(to_file)[1][1:] or "png")
    return None
