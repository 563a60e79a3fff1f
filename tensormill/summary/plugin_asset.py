"""Files that plugins of TensorBoard want beside the events of a graph.

Source: TensorFlow 1.15, python/summary/plugin_asset.py.
"""

from __future__ import annotations

import abc
import os
from typing import Any

from tensormill.graph.graph import Graph, get_default_graph
from tensormill.platform import gfile

__all__ = ["PluginAsset", "get_all_plugin_assets", "get_plugin_asset", "write_plugin_assets"]

_KEY = "_plugin_asset_names_in_graph"
_PLUGINS_FOLDER = "plugins"


class PluginAsset(abc.ABC):
    """The files of one plugin; its subclasses name it in `plugin_name`."""

    plugin_name: str | None = None

    @abc.abstractmethod
    def assets(self) -> dict[str, Any]:
        """Return the contents of the files by their names."""


def get_plugin_asset(plugin_asset_cls: Any, graph: Graph | None = None) -> Any:
    """Return the files of a plugin for a graph, made where there are none.

    Raises:
      ValueError: the plugin has no name, or another class has the same.
    """
    graph = graph or get_default_graph()
    name = plugin_asset_cls.plugin_name
    if not name:
        raise ValueError(f"Class {plugin_asset_cls.__name__} has no plugin_name")
    key = f"__tensorboard_plugin_asset_{name}"
    found = graph.get_collection(key)
    if not found:
        found = [plugin_asset_cls()]
        graph.add_to_collection(_KEY, name)
        graph.add_to_collection(key, found[0])
    elif not isinstance(found[0], plugin_asset_cls):
        raise ValueError(f"Plugin name collision: {name}")
    return found[0]


def get_all_plugin_assets(graph: Graph | None = None) -> list[Any]:
    """Return the files of all plugins for a graph.

    Raises:
      ValueError: a plugin has several.
    """
    graph = graph or get_default_graph()
    assets = []
    for name in graph.get_collection(_KEY):
        found = graph.get_collection(f"__tensorboard_plugin_asset_{name}")
        if len(found) != 1:
            raise ValueError(f"Collection for {name} had {len(found)} items, expected 1")
        assets.append(found[0])
    return assets


def write_plugin_assets(graph: Graph, logdir: str) -> None:
    """Write the files of all plugins for a graph into a folder of events."""
    for asset in get_all_plugin_assets(graph):
        folder = os.path.join(logdir, _PLUGINS_FOLDER, asset.plugin_name)
        gfile.MakeDirs(folder)
        for name, content in asset.assets().items():
            with gfile.GFile(os.path.join(folder, name), "w") as file:
                file.write(content)
