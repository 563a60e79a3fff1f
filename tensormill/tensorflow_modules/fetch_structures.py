"""The fetch mapper of `tensorflow.python.client.session`: takes a structure of fetches apart.

Source: TensorFlow 1.15, python/client/session.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.graph import get_default_graph
from tensormill.session.fetches import Builder, FetchMapper

__all__ = ["StructureMapper"]


class StructureMapper(FetchMapper):
    """The tensors and operations inside a structure, each once, in the order in which they come.

    Other than a `FetchMapper` it takes a value for each operation, too, so that the structure can
    be filled with other fetches as well as with what a session gave.
    """

    @staticmethod
    def for_fetch(fetch: Any) -> StructureMapper:
        """Return the mapper of a structure of fetches of the default graph.

        Raises:
          TypeError: something in it is no fetch.
          ValueError: a fetch is not in the graph, or may not be fetched.
        """
        return StructureMapper(get_default_graph(), fetch)

    def __init__(self, graph: Any, fetches: Any) -> None:
        self._order: dict[Any, int] = {}
        super().__init__(graph, fetches)

    def unique_fetches(self) -> list[Any]:
        """Return the tensors and operations."""
        return list(self._order)

    def build_results(self, values: list[Any]) -> Any:
        """Return the structure with a value in the place of each of `unique_fetches`."""
        return self.build(values)

    def _leaf(self, fetch: Any) -> Builder:
        super()._leaf(fetch)
        element = self._graph.as_graph_element(fetch)
        index = self._order.setdefault(element, len(self._order))
        return lambda values: values[index]
