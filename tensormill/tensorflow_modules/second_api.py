"""`tf.compat.v2`: the names of TensorFlow 2 that TensorFlow 1.15 has, over the graph.

A name that `second_names` lists as another function than that of `tf` is found as the module of
TensorFlow that defines it has it; every other one is that of `tf`. Nothing runs eagerly.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tensormill.tensorflow_modules import resolver, second_signatures
from tensormill.tensorflow_modules.second_names import OTHERS, TOP_NAMES

__all__ = ["SecondNamespace"]

_FIRST = "compat.v2"


class SecondNamespace(ModuleType):
    """`tf.compat.v2`, or a namespace below it.

    Args:
      path: the namespace in `tf`, "" for the top.
    """

    def __init__(self, path: str) -> None:
        full_name = f"tensormill.{_FIRST}.{path}".rstrip(".")
        super().__init__(full_name, f"`tf.{_FIRST}.{path}`".replace(".`", "`"))
        self.__dict__["_path"] = path
        self.__dict__["__path__"] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if not self._path and name not in TOP_NAMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = self.__dict__[name] = _value(f"{self._path}.{name}".lstrip("."))
        return value

    def __dir__(self) -> list[str]:
        names = {each.rpartition(".")[2] for each in OTHERS if _parent(each) == self._path}
        first = TOP_NAMES if not self._path else set(dir(resolver.public(self._path)))
        return sorted({*self.__dict__, *names, *first})


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _value(path: str) -> Any:
    """Return what `tf.compat.v2.<path>` is.

    Raises:
      AttributeError: tensormill lacks it.
    """
    if path in OTHERS:
        module, _, name = OTHERS[path].partition(":")
        if not name:
            return resolver.public(module)
        if not module:
            return getattr(second_signatures, name)
        return resolver.find(f"tensormill.python.{module}", f"python.{module}", name)
    if any(other.startswith(f"{path}.") for other in OTHERS):
        return SecondNamespace(path)
    return resolver.public(path)
