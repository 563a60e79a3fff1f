"""Python's operators of ragged tensors; `dispatch` registers what they do."""

from __future__ import annotations

from typing import Any

from tensormill.graph.operators import OPERATORS

__all__ = ["RaggedOverloads"]


class RaggedOverloads:
    """What `+`, `[]`, `<` and the like are for a ragged tensor."""

    def __getitem__(self, key: Any) -> Any:
        return OPERATORS["ragged_getitem"](self, key)

    def __abs__(self) -> Any:
        return OPERATORS["ragged_unary"]("abs", self)

    def __neg__(self) -> Any:
        return OPERATORS["ragged_unary"]("neg", self)

    def __invert__(self) -> Any:
        return OPERATORS["ragged_unary"]("invert", self)

    def __add__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("truediv", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("floordiv", other, self)

    def __mod__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("pow", other, self)

    def __and__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("and", self, other)

    def __rand__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("and", other, self)

    def __or__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("or", self, other)

    def __ror__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("or", other, self)

    def __xor__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("xor", other, self)

    def __lt__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return OPERATORS["ragged_binary"]("ge", self, other)
