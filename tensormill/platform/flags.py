"""Command line flags: `tf.flags`, which is absl's, with the older ways of TensorFlow 1.15.

A flag is defined at import with `DEFINE_…` and read as an attribute of `FLAGS`; the command line is
parsed when the first flag is read, or by `tf.app.run`. Flags defined through `absl.flags` are the
same ones.

Source: TensorFlow 1.15, python/platform/flags.py.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from absl import flags as absl_flags
from absl.flags import *  # noqa: F403

__all__ = sorted(
    {
        *absl_flags.__all__,
        "DEFINE_bool",
        "DEFINE_boolean",
        "DEFINE_float",
        "DEFINE_integer",
        "DEFINE_string",
        "FLAGS",
    }
)

_NEW_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


class _FlagValues:
    """The values of the flags; parses the command line of the process when the first is read."""

    def __init__(self, values: Any) -> None:
        self.__dict__["_wrapped"] = values

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # For absl, which asks whether it is given its own class.
        return absl_flags.FlagValues

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__["_wrapped"]
        if name in values and not values.is_parsed():
            values(sys.argv)
        return getattr(values, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._wrapped, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._wrapped, name)

    def __dir__(self) -> list[str]:
        return dir(self._wrapped)

    def __getitem__(self, name: str) -> Any:
        return self._wrapped[name]

    def __setitem__(self, name: str, flag: Any) -> None:
        self._wrapped[name] = flag

    def __contains__(self, name: str) -> bool:
        return name in self._wrapped

    def __len__(self) -> int:
        return len(self._wrapped)

    def __iter__(self) -> Iterator[str]:
        return iter(self._wrapped)

    def __str__(self) -> str:
        return str(self._wrapped)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Parse a command line, whose first element is the program; return what is left of it."""
        return self._wrapped(*args, **kwargs)


def _with_old_names(define: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that defines flags and takes the older names of its arguments too."""

    @functools.wraps(define)
    def define_flag(*args: Any, **kwargs: Any) -> Any:
        return define(*args, **{_NEW_NAMES.get(key, key): kwargs[key] for key in kwargs})

    return define_flag


FLAGS = _FlagValues(absl_flags.FLAGS)

DEFINE_string = _with_old_names(absl_flags.DEFINE_string)
DEFINE_boolean = _with_old_names(absl_flags.DEFINE_boolean)
DEFINE_bool = DEFINE_boolean
DEFINE_float = _with_old_names(absl_flags.DEFINE_float)
DEFINE_integer = _with_old_names(absl_flags.DEFINE_integer)

absl_flags.disclaim_key_flags()
