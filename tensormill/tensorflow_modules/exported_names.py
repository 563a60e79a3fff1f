"""`tensorflow.python.util.tf_export`: decorators that note the public names of a symbol on it.

The names are those that a program asks for; the public API of tensormill does not come from them.

Source: TensorFlow 1.15, python/util/tf_export.py.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tensormill.tensorflow_modules.decorators import unwrap

__all__ = [
    "InvalidSymbolNameError",
    "SymbolAlreadyExposedError",
    "api_export",
    "estimator_export",
    "get_canonical_name",
    "get_canonical_name_for_symbol",
    "get_v1_constants",
    "get_v1_names",
    "get_v2_constants",
    "get_v2_names",
    "keras_export",
    "tf_export",
]

ESTIMATOR_API_NAME = "estimator"
KERAS_API_NAME = "keras"
TENSORFLOW_API_NAME = "tensorflow"
SUBPACKAGE_NAMESPACES = [ESTIMATOR_API_NAME]


class ExportedApiAttributes(NamedTuple):
    """Where names are noted.

    Attributes:
      names: the attribute of a symbol.
      constants: the attribute of a module, for values that have no attributes.
    """

    names: str
    constants: str


_PREFIXES = {TENSORFLOW_API_NAME: "_tf_api", ESTIMATOR_API_NAME: "_estimator_api",
             KERAS_API_NAME: "_keras_api"}  # fmt: skip
API_ATTRS = {
    api: ExportedApiAttributes(f"{prefix}_names", f"{prefix}_constants")
    for api, prefix in _PREFIXES.items()
}
API_ATTRS_V1 = {
    api: ExportedApiAttributes(f"{prefix}_names_v1", f"{prefix}_constants_v1")
    for api, prefix in _PREFIXES.items()
}


class SymbolAlreadyExposedError(Exception):
    """A symbol has public names already."""


class InvalidSymbolNameError(Exception):
    """A public name is in a package that it may not be in."""


def get_canonical_name(api_names: Sequence[str], deprecated_api_names: Iterable[str]) -> Any:
    """Return the first name that is not deprecated, else the first, else None."""
    deprecated = set(deprecated_api_names)
    return next((name for name in api_names if name not in deprecated), None) or next(
        iter(api_names), None
    )


def get_canonical_name_for_symbol(
    symbol: Any, api_name: str = TENSORFLOW_API_NAME, add_prefix_to_v1_names: bool = False
) -> str | None:
    """Return the public name of a symbol, or None.

    Args:
      symbol: a function or a class.
      api_name: the package that it is exported from.
      add_prefix_to_v1_names: whether names of TensorFlow 1 alone begin with "compat.v1.".
    """
    if not hasattr(symbol, "__dict__"):
        return None
    attributes = vars(unwrap(symbol)[1])
    if API_ATTRS[api_name].names not in attributes:
        return None
    deprecated = attributes.get("_tf_deprecated_api_names", ())
    name: str | None = get_canonical_name(attributes[API_ATTRS[api_name].names], deprecated)
    if name:
        return name
    first = get_canonical_name(attributes[API_ATTRS_V1[api_name].names], deprecated)
    return f"compat.v1.{first}" if add_prefix_to_v1_names else first


def _names(symbol: Any, tables: dict[str, ExportedApiAttributes]) -> list[str]:
    attributes = getattr(symbol, "__dict__", {})
    return [name for table in tables.values() for name in attributes.get(table.names, ())]


def get_v1_names(symbol: Any) -> list[str]:
    """Return the names of a symbol in TensorFlow 1."""
    return _names(symbol, API_ATTRS_V1)


def get_v2_names(symbol: Any) -> list[str]:
    """Return the names of a symbol in TensorFlow 2."""
    return _names(symbol, API_ATTRS)


def _constants(module: Any, tables: dict[str, ExportedApiAttributes]) -> list[Any]:
    apis = (TENSORFLOW_API_NAME, ESTIMATOR_API_NAME)
    return [pair for api in apis for pair in getattr(module, tables[api].constants, ())]


def get_v1_constants(module: Any) -> list[Any]:
    """Return the constants that a module exports in TensorFlow 1, with their names."""
    return _constants(module, API_ATTRS_V1)


def get_v2_constants(module: Any) -> list[Any]:
    """Return the constants that a module exports in TensorFlow 2, with their names."""
    return _constants(module, API_ATTRS)


class api_export:
    """A decorator that notes public names on a symbol."""

    def __init__(self, *args: str, **kwargs: Any) -> None:
        """Take the names.

        Args:
          *args: the names in TensorFlow 2.
          **kwargs: `v1`, the names in TensorFlow 1, by default the same; `api_name`, the package;
            `overrides`, symbols that lose their names; `allow_multiple_exports`.

        Raises:
          InvalidSymbolNameError: a name is of another package.
          ValueError: there is an argument `v2`.
        """
        if "v2" in kwargs:
            raise ValueError(
                'You passed a "v2" argument to tf_export. This is not what you want. Pass v2 names '
                "directly as positional arguments instead."
            )
        self._names = args
        self._names_v1 = kwargs.get("v1", args)
        self._api_name = kwargs.get("api_name", TENSORFLOW_API_NAME)
        self._overrides = kwargs.get("overrides", [])
        self._allow_multiple_exports = kwargs.get("allow_multiple_exports", False)
        names = {*self._names, *self._names_v1}
        if self._api_name != TENSORFLOW_API_NAME:
            if not all(name.startswith(self._api_name) for name in names):
                raise InvalidSymbolNameError(
                    "Can only export symbols under package name of component. e.g. "
                    "tensorflow_estimator must export all symbols under tf.estimator"
                )
            return
        for package in SUBPACKAGE_NAMESPACES:
            if any(name.startswith(package) for name in names):
                raise InvalidSymbolNameError(
                    f"@tf_export is not allowed to export symbols under {package}.*"
                )

    @property
    def _attributes(self) -> tuple[ExportedApiAttributes, ExportedApiAttributes]:
        return API_ATTRS[self._api_name], API_ATTRS_V1[self._api_name]

    def __call__(self, func: Any) -> Any:
        """Note the names on a symbol, and return that.

        Raises:
          SymbolAlreadyExposedError: it has names, and is not to get others.
        """
        for other in self._overrides:
            for table in self._attributes:
                delattr(unwrap(other)[1], table.names)
        symbol = unwrap(func)[1]
        for table, names in zip(self._attributes, (self._names, self._names_v1), strict=True):
            self.set_attr(symbol, table.names, names)
        return func

    def set_attr(self, func: Any, api_names_attr: str, names: Any) -> None:
        """Note names in an attribute of a symbol."""
        if api_names_attr in vars(func) and not self._allow_multiple_exports:
            raise SymbolAlreadyExposedError(
                f"Symbol {func.__name__} is already exposed as {getattr(func, api_names_attr)}."
            )
        setattr(func, api_names_attr, names)

    def export_constant(self, module_name: str, name: str) -> None:
        """Note the names of a constant on its module."""
        module = sys.modules[module_name]
        for table, names in zip(self._attributes, (self._names, self._names_v1), strict=True):
            if not hasattr(module, table.constants):
                setattr(module, table.constants, [])
            getattr(module, table.constants).append((names, name))


tf_export = functools.partial(api_export, api_name=TENSORFLOW_API_NAME)
estimator_export = functools.partial(api_export, api_name=ESTIMATOR_API_NAME)
keras_export = functools.partial(api_export, api_name=KERAS_API_NAME)
