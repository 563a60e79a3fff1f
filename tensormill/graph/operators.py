"""The table of what `+`, `[]`, `==` … do on tensors, by the operator's name.

The op families register here (`@operator("add")`); `Tensor` and everything that behaves like one
looks here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

OPERATORS: dict[str, Callable[..., Any]] = {}


def operator(name: str) -> Callable[[Function], Function]:
    """Register the decorated function as what the operator `name` does.

    Raises:
      ValueError: the operator has a function already.
    """

    def register(function: Function) -> Function:
        if name in OPERATORS:
            raise ValueError(f"operator {name!r} is defined twice")
        OPERATORS[name] = function
        return function

    return register


class OperatorOverloads:
    """Python's operators, for classes that stand for a tensor.

    Attributes:
      OVERLOADABLE_OPERATORS: the names of the methods that are operators; programs change the set.
    """

    __slots__ = ()
    OVERLOADABLE_OPERATORS: ClassVar[set[str]] = set(
        """
        __abs__ __add__ __and__ __div__ __eq__ __floordiv__ __ge__ __getitem__ __gt__ __invert__
        __le__ __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__ __or__ __pow__ __radd__ __rand__
        __rdiv__ __rfloordiv__ __rmatmul__ __rmod__ __rmul__ __ror__ __rpow__ __rsub__
        __rtruediv__ __rxor__ __sub__ __truediv__ __xor__
        """.split()
    )

    def __add__(self, other: Any) -> Any:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return OPERATORS["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return OPERATORS["sub"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return OPERATORS["sub"](other, self)

    def __mul__(self, other: Any) -> Any:
        return OPERATORS["mul"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return OPERATORS["mul"](other, self)

    def __div__(self, other: Any) -> Any:
        return OPERATORS["div"](self, other)

    def __rdiv__(self, other: Any) -> Any:
        return OPERATORS["div"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return OPERATORS["truediv"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return OPERATORS["truediv"](other, self)

    def __floordiv__(self, other: Any) -> Any:
        return OPERATORS["floordiv"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return OPERATORS["floordiv"](other, self)

    def __mod__(self, other: Any) -> Any:
        return OPERATORS["mod"](self, other)

    def __rmod__(self, other: Any) -> Any:
        return OPERATORS["mod"](other, self)

    def __pow__(self, other: Any) -> Any:
        return OPERATORS["pow"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return OPERATORS["pow"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return OPERATORS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return OPERATORS["matmul"](other, self)

    def __and__(self, other: Any) -> Any:
        return OPERATORS["and"](self, other)

    def __rand__(self, other: Any) -> Any:
        return OPERATORS["and"](other, self)

    def __or__(self, other: Any) -> Any:
        return OPERATORS["or"](self, other)

    def __ror__(self, other: Any) -> Any:
        return OPERATORS["or"](other, self)

    def __xor__(self, other: Any) -> Any:
        return OPERATORS["xor"](self, other)

    def __rxor__(self, other: Any) -> Any:
        return OPERATORS["xor"](other, self)

    def __lt__(self, other: Any) -> Any:
        return OPERATORS["lt"](self, other)

    def __le__(self, other: Any) -> Any:
        return OPERATORS["le"](self, other)

    def __gt__(self, other: Any) -> Any:
        return OPERATORS["gt"](self, other)

    def __ge__(self, other: Any) -> Any:
        return OPERATORS["ge"](self, other)

    def __neg__(self) -> Any:
        return OPERATORS["neg"](self)

    def __abs__(self) -> Any:
        return OPERATORS["abs"](self)

    def __invert__(self) -> Any:
        return OPERATORS["invert"](self)

    def __getitem__(self, key: Any) -> Any:
        return OPERATORS["getitem"](self, key)
