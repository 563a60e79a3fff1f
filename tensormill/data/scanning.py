"""Transformations that go on from element to element: with a state, or until there are enough.

Source: TensorFlow 1.15, python/data/experimental/ops/scan_ops.py and take_while_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data import sources
from tensormill.data.base import flat_attrs
from tensormill.data.components import TensorComponent, unpacked
from tensormill.data.dataset import Dataset
from tensormill.data.grouping import Transformation
from tensormill.data.normalizing import normalized_element
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.ops import dataset_functions

__all__ = ["scan", "take_while"]


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """Return a transformation that hands a state on from element to element.

    Args:
      initial_state: the first state.
      scan_func: returns (next state, element) for a state and an element.

    Raises:
      TypeError: it returns something else.
    """

    def apply(dataset: Dataset) -> Dataset:
        initial, state = normalized_element(initial_state)
        function, state = sources.state_function(
            scan_func, "scan", state, dataset._structure, _first_of_pair
        )
        structure = function.structure[1]
        variant = dataset_functions.scan_dataset_op(
            dataset._variant_tensor,
            unpacked(state, initial),
            function.captured,
            f=function.ref,
            preserve_cardinality=True,
            **flat_attrs(structure),
        )
        return dataset._derived(variant, structure)

    return apply


def _first_of_pair(structure: Any) -> Any:
    if not isinstance(structure, tuple) or len(structure) != 2:
        raise TypeError(
            "The scan function must return a pair comprising the new state and the output value."
        )
    return structure[0]


def take_while(predicate: Callable[..., Any]) -> Transformation:
    """Return a transformation that ends before the first element for which a function says False.

    Raises:
      ValueError: the function does not return one bool.
    """

    def apply(dataset: Dataset) -> Dataset:
        function = StructuredFunction(predicate, "take_while", dataset._structure)
        if function.structure != TensorComponent(dtypes.bool, ()):
            raise ValueError("`predicate` must return a scalar boolean tensor.")
        variant = dataset_functions.take_while_dataset_op(
            dataset._variant_tensor,
            function.captured,
            predicate=function.ref,
            **flat_attrs(dataset._structure),
        )
        return dataset._derived(variant, dataset._structure)

    return apply
