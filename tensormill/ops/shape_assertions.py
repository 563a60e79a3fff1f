"""`tf.debugging.assert_shapes`: the sizes of several tensors, named by symbols, must agree.

Source: TensorFlow 1.15, python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_rank, assert_rank_at_least, assert_rank_in
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.grouping import group

_ANY_OUTER = (Ellipsis, "*")
_ANY_SIZE = (None, ".")


@dataclass(frozen=True)
class _Named:
    """A tensor and the symbols of its sizes.

    Attributes:
      x: the tensor.
      innermost: whether there may be more dimensions before those that are named.
      sizes: what is known of its sizes: numbers and scalars, or one vector.
      symbols: a number, a symbol or "any size" for each dimension.
    """

    x: Tensor
    innermost: bool
    sizes: Any
    symbols: tuple[Any, ...]

    @classmethod
    def of(cls, x: Tensor, symbols: Any, message: str) -> _Named:
        if not (hasattr(symbols, "__iter__") or hasattr(symbols, "__getitem__")):
            raise ValueError(
                f"{message}.  Tensor {x.name}.  Specified shape must be an iterable.  "
                "An iterable has the attribute `__iter__` or `__getitem__`.  "
                f"Received specified shape: {symbols}"
            )
        symbols = tuple(symbols)
        for index, symbol in enumerate(symbols):
            if index and _is_one_of(symbol, _ANY_OUTER):
                raise ValueError(
                    f"{message}.  Tensor {x.name} specified shape index {index}.  "
                    "Symbol `...` or `*` for a variable number of unspecified dimensions is only "
                    "allowed as the first entry"
                )
        innermost = bool(symbols) and _is_one_of(symbols[0], _ANY_OUTER)
        return cls(x, innermost, _sizes(x), symbols[innermost:] or (1,))

    def check_rank(self, **options: Any) -> Operation | None:
        rank = len(self.symbols)
        # A scalar counts as one dimension of size one.
        if self.innermost:
            return assert_rank_at_least(self.x, rank, **options) if rank > 1 else None
        if rank <= 1:
            return assert_rank_in(self.x, [0, 1], **options)
        return assert_rank(self.x, rank, **options)


def _is_one_of(symbol: Any, symbols: tuple[Any, ...]) -> bool:
    return any(symbol is each or (isinstance(each, str) and symbol == each) for each in symbols)


def _sizes(x: Tensor) -> Any:
    dynamic = shape_of(x)
    dims = x.dims
    if dims is None:
        return cond(equal(rank_of(x), 0), lambda: convert_to_tensor([1]), lambda: dynamic)
    return [dynamic[i] if size is None else size for i, size in enumerate(dims)] or [1]


def _number(size: Any) -> int | None:
    try:
        return int(size)
    except (TypeError, ValueError):
        return None


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless sizes that have one name are the same.

    Args:
      shapes: pairs of a tensor and its shape, or a dict of them: numbers, any hashable names,
        "." or None for any size, and `...` or "*" first for any number of outer dimensions.
      data: what to show; by default what disagrees.
      summarize: how many entries of each.
      message: the start of the error's message.
      name: the name of the nodes.

    Raises:
      ValueError: the static shapes settle that it does not hold.
    """
    pairs: Iterable[Any] = shapes.items() if isinstance(shapes, dict) else shapes
    message = message or ""
    with OpScope(name, "assert_shapes", []):
        named = [
            _Named.of(convert_to_tensor(x), symbols, message)
            for x, symbols in pairs
            if symbols is not None
        ]
        ranks = [
            one.check_rank(data=data, summarize=summarize, message=message, name=name)
            for one in named
        ]
        checks = _check_sizes(named, data, summarize, message)
        with control_dependencies([check for check in ranks if check is not None]):
            return group(*checks)


def _check_sizes(
    named: list[_Named], data: Any, summarize: int | None, message: str
) -> list[Operation]:
    known: dict[Any, tuple[Any, str]] = {}
    checks = []
    for one in named:
        for index, symbol in enumerate(one.symbols):
            if _is_one_of(symbol, _ANY_SIZE):
                continue
            dimension = index - len(one.symbols) if one.innermost else index
            size = one.sizes[dimension]
            number = _number(symbol)
            if number is None and symbol not in known:
                known[symbol] = size, f"Specified by tensor {one.x.name} dimension {dimension}"
                continue
            wanted, why = known[symbol] if number is None else (number, "Specified explicitly")
            if isinstance(size, int) and isinstance(wanted, int):
                if size != wanted:
                    raise ValueError(
                        f"{message}.  {why}.  Tensor {one.x.name} dimension {dimension} must have "
                        f"size {wanted}.  Received size {size}, shape {one.x.shape}"
                    )
                continue
            words = [message, why, f"Tensor {one.x.name} dimension", dimension, "must have size"]
            shown = [*words, wanted, "Received shape: ", shape_of(one.x)] if data is None else data
            condition = equal(convert_to_tensor(size), convert_to_tensor(wanted))
            checks.append(Assert(condition, shown, summarize=summarize))
    return checks
