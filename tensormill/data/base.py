"""`DatasetBase`: a variant of the graph, and the structure of the elements for which it stands."""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.data.components import (
    VariantComponent,
    flat_dims,
    flat_dtypes,
    spec_of,
)
from tensormill.data.options import Options
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import int64, string
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.comparison import equal, logical_and
from tensormill.ops.gathering import where
from tensormill.ops.random_seeds import get_seed

__all__ = ["DatasetBase", "as_int64", "as_string", "flat_attrs", "seed_tensors"]

_MAX_INT32 = 2**31 - 1


def flat_attrs(structure: Any) -> dict[str, Any]:
    """Return the attributes that say what the elements are."""
    return {"output_types": flat_dtypes(structure), "output_shapes": flat_dims(structure)}


def as_int64(value: Any, name: str) -> Tensor:
    """Return a number as an int64 tensor."""
    return convert_to_tensor(value, int64, name=name)


def as_string(value: Any, name: str) -> Tensor:
    """Return a text as a tensor; None stands for an empty one."""
    tensor: Tensor = convert_to_tensor("" if value is None else value, string, name=name)
    return tensor


def seed_tensors(seed: Any) -> tuple[Tensor, Tensor]:
    """Return the two seeds of a random dataset as tensors; both zero for any numbers.

    Args:
      seed: a number, an int64 tensor, or None.
    """
    first, second = get_seed(seed)
    if isinstance(second, Tensor):
        # (0, 0) would stand for any numbers.
        both_zero = logical_and(equal(as_int64(first, "seed"), 0), equal(second, 0))
        second = where(both_zero, as_int64(_MAX_INT32, "seed2"), second)
        return as_int64(first, "seed"), as_int64(second, "seed2")
    return (
        constant(0 if first is None else first, int64, name="seed"),
        constant(0 if second is None else second, int64, name="seed2"),
    )


class DatasetBase:
    """A dataset.

    Attributes:
      _variant_tensor: the tensor that stands for it.
      _structure: the components of its elements.
    """

    def __init__(self, variant_tensor: Tensor, structure: Any) -> None:
        self._variant_tensor = variant_tensor
        self._structure = structure
        self._options = Options()
        self._sources: tuple[DatasetBase, ...] = ()

    @property
    def _component(self) -> VariantComponent:
        return VariantComponent(type(self)._nested_class(), self._structure, _nested)

    @classmethod
    def _nested_class(cls) -> Any:
        return DatasetBase

    @property
    def output_types(self) -> Any:
        """The dtype of each component of an element."""
        return nest.map_structure(lambda c: c.dtype, self._structure)

    @property
    def output_shapes(self) -> Any:
        """The static shape of each component of an element."""
        return nest.map_structure(lambda c: TensorShape.from_dims(c.dims), self._structure)

    @property
    def output_classes(self) -> Any:
        """The class of each component of an element."""
        return nest.map_structure(lambda c: c.legacy_class, self._structure)

    @property
    def element_spec(self) -> Any:
        """The `tf.TypeSpec` of each component of an element."""
        return nest.map_structure(spec_of, self._structure)

    def _inputs(self) -> list[DatasetBase]:
        """Return the datasets that this one is made of."""
        return list(self._sources)

    def options(self) -> Options:
        """Return how the pipeline is run."""
        return self._options

    def __repr__(self) -> str:
        shapes = nest.map_structure(str, self.output_shapes)
        shapes = str(shapes).replace("'", "")
        types = nest.map_structure(repr, self.output_types)
        types = str(types).replace("'", "")
        return f"<DatasetV1Adapter shapes: {shapes}, types: {types}>"


def _nested(tensor: Tensor, structure: Any) -> Any:
    return NESTED_MAKERS[0](tensor, structure)


NESTED_MAKERS: list[Any] = []
"""Makes a dataset of a variant that is a component of an element: `Dataset` registers itself."""
