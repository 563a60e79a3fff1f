"""What sets of options are made of: properties that know their type, and how sets are merged.

Source: TensorFlow 1.15, python/data/util/options.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["OptionsBase", "create_option", "merge_options"]


def _nothing() -> None:
    return None


class OptionsBase:
    """The base of sets of options: only what `create_option` made can be set."""

    _options: dict[str, Any]

    def __init__(self) -> None:
        object.__setattr__(self, "_options", {})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        names = {*self._options, *other._options}
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __hash__(self) -> int:
        return id(self)

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(self, name):
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        object.__setattr__(self, name, value)


def create_option(
    name: str, ty: Any, docstring: str, default_factory: Callable[[], Any] = _nothing
) -> Any:
    """Return a property of a set of options.

    Args:
      name: the name of the option.
      ty: its type, or a tuple of types.
      docstring: what it says.
      default_factory: makes the value that it has where none was set.
    """

    def get_option(options: OptionsBase) -> Any:
        return options._options.setdefault(name, default_factory())

    def set_option(options: OptionsBase, value: Any) -> None:
        if not isinstance(value, ty):
            raise TypeError(
                f'Property "{name}" must be of type {ty}, got: {value!r} (type: {type(value)!r})'
            )
        options._options[name] = value

    return property(get_option, set_option, None, docstring)


def merge_options(*options_list: Any) -> Any:
    """Return a set with the options that are set in one of several sets of the same type.

    Args:
      options_list: the sets.

    Raises:
      TypeError: their types differ, or are none of options.
      ValueError: there is none, or two have different values of an option.
    """
    if not options_list:
        raise ValueError("At least one options should be provided")
    kind = type(options_list[0])
    for options in options_list:
        if not isinstance(options, kind):
            raise TypeError(f"Incompatible options type: {type(options)!r} vs {kind!r}")
    if not issubclass(kind, OptionsBase):
        raise TypeError("The inputs should inherit from `OptionsBase`")
    defaults, merged = kind(), kind()
    for options in options_list:
        for name in list(options._options):
            old, new, default = (getattr(each, name) for each in (merged, options, defaults))
            if new in (default, old):
                continue
            if old == default:
                setattr(merged, name, new)
            elif isinstance(old, OptionsBase):
                setattr(merged, name, merge_options(old, new))
            else:
                raise ValueError(
                    f"Cannot merge incompatible values ({old!r} and {new!r}) of option: {name}"
                )
    return merged
