"""Command line flags: `tf.flags`, with the behaviour of TensorFlow 1.15's (which is that of absl).

A flag is defined at import with `DEFINE_…` and read as an attribute of `FLAGS`; the command line is
parsed when the first flag is read, or by `tf.app.run`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = [
    "FLAGS",
    "DEFINE_bool",
    "DEFINE_boolean",
    "DEFINE_enum",
    "DEFINE_float",
    "DEFINE_integer",
    "DEFINE_list",
    "DEFINE_multi_float",
    "DEFINE_multi_integer",
    "DEFINE_multi_string",
    "DEFINE_string",
    "DuplicateFlagError",
    "Error",
    "FlagValues",
    "IllegalFlagValueError",
    "UnparsedFlagAccessError",
    "UnrecognizedFlagError",
    "mark_flag_as_required",
    "mark_flags_as_required",
    "register_validator",
]


class Error(Exception):
    """A flag is defined or given wrongly."""


class DuplicateFlagError(Error):
    """Two flags have the same name."""


class IllegalFlagValueError(Error):
    """The value of a flag is not one that it takes."""


class UnrecognizedFlagError(Error):
    """The command line has a flag that is not defined."""


class UnparsedFlagAccessError(Error):
    """A flag was read before the command line was parsed."""


_TRUE = frozenset({"true", "t", "1", "yes", "y"})
_FALSE = frozenset({"false", "f", "0", "no", "n"})


def _parse_bool(text: Any) -> bool:
    if isinstance(text, str):
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
    elif text in (0, 1):
        return bool(text)
    raise ValueError("Non-boolean argument to boolean flag")


def _parse_int(text: Any) -> int:
    if isinstance(text, str):
        return int(text, 16) if text.lower().startswith("0x") else int(text, 10)
    if isinstance(text, bool) or int(text) != text:
        raise TypeError(f"flag value must be an integer, not {text!r}")
    return int(text)


def _parse_list(text: Any) -> list[str]:
    if isinstance(text, str):
        return [part.strip() for part in text.split(",")] if text else []
    return list(text)


@dataclass
class _Flag:
    name: str
    default: Any
    help: str
    parse: Callable[[Any], Any]
    is_multi: bool = False
    is_required: bool = False

    def parsed(self, given: Any) -> Any:
        try:
            return self.parse(given)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={given}: {error}") from error


class FlagValues:
    """The defined flags and their values, as attributes and as items."""

    def __init__(self) -> None:
        self.__dict__["_flags"] = {}
        self.__dict__["_values"] = {}
        self.__dict__["_validators"] = []
        self.__dict__["_is_parsed"] = False

    def _define(self, flag: _Flag) -> None:
        if flag.name in self._flags:
            raise DuplicateFlagError(f"The flag '{flag.name}' is defined twice.")
        self._flags[flag.name] = flag
        default = flag.default
        self._values[flag.name] = None if default is None else self._default_of(flag)

    def _default_of(self, flag: _Flag) -> Any:
        if not flag.is_multi:
            return flag.parsed(flag.default)
        given = flag.default if isinstance(flag.default, (list, tuple)) else [flag.default]
        return [flag.parsed(item) for item in given]

    def __getattr__(self, name: str) -> Any:
        if name not in self._flags:
            raise AttributeError(name)
        if not self._is_parsed:
            self(sys.argv, known_only=True)
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._flags:
            raise AttributeError(f"There is no flag '{name}'.")
        flag = self._flags[name]
        self._values[name] = value if value is None or flag.is_multi else flag.parsed(value)

    def __getitem__(self, name: str) -> Any:
        return self._flags[name]

    def __contains__(self, name: str) -> bool:
        return name in self._flags

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __dir__(self) -> list[str]:
        return sorted(self._flags)

    def __call__(self, argv: Iterable[str], known_only: bool = False) -> list[str]:
        """Parse a command line, whose first element is the program; return what is left of it.

        Args:
          argv: the command line.
          known_only: leave flags that are not defined in what is returned.

        Raises:
          UnrecognizedFlagError: a flag is not defined.
          IllegalFlagValueError: a value does not fit its flag, or a required flag is missing.
        """
        program, *words = list(argv)
        rest = [program]
        seen: set[str] = set()
        while words:
            word = words.pop(0)
            if word == "--":
                rest += words
                break
            if not word.startswith("-") or word == "-":
                rest.append(word)
                continue
            if not self._take(word, words, seen):
                if not known_only:
                    name = word.lstrip("-").partition("=")[0]
                    raise UnrecognizedFlagError(f"Unknown command line flag '{name}'")
                rest.append(word)
        self.__dict__["_is_parsed"] = True
        self._validate()
        return rest

    def _take(self, word: str, words: list[str], seen: set[str]) -> bool:
        """Read one flag and, where it stands in the next word, its value; False where unknown."""
        name, equals, text = word.lstrip("-").partition("=")
        name = name.replace("-", "_") if name not in self._flags else name
        flag = self._flags.get(name)
        if flag is None:
            negated = self._flags.get(name.removeprefix("no"))
            if not name.startswith("no") or equals or negated is None:
                return False
            if negated.parse is not _parse_bool:
                return False
            self._values[negated.name] = False
            return True
        if not equals:
            if flag.parse is _parse_bool:
                text = "true"
            elif words:
                text = words.pop(0)
            else:
                raise Error(f"Missing value for flag --{name}")
        value = flag.parsed(text)
        if flag.is_multi:
            value = [*(self._values[name] if name in seen else []), value]
        self._values[name] = value
        seen.add(name)
        return True

    def _validate(self) -> None:
        for flag in self._flags.values():
            if flag.is_required and self._values[flag.name] is None:
                raise IllegalFlagValueError(
                    f"flag --{flag.name}=None: Flag --{flag.name} must have a value other than "
                    "None."
                )
        for name, check, message in self._validators:
            if not check(self._values[name]):
                raise IllegalFlagValueError(f"flag --{name}={self._values[name]}: {message}")

    def is_parsed(self) -> bool:
        """Return whether a command line was parsed."""
        return bool(self._is_parsed)

    def mark_as_parsed(self) -> None:
        """Use the values as they are."""
        self.__dict__["_is_parsed"] = True

    def unparse_flags(self) -> None:
        """Parse the command line again when the next flag is read."""
        self.__dict__["_is_parsed"] = False

    def flag_values_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        return dict(self._values)

    def get_help(self) -> str:
        """Return a text with all flags, their meaning and defaults."""
        return "\n".join(
            f"  --{flag.name}: {flag.help}\n    (default: {flag.default!r})"
            for flag in sorted(self._flags.values(), key=lambda flag: flag.name)
        )


FLAGS = FlagValues()


def _definer(parse: Callable[[Any], Any], is_multi: bool, what: str) -> Callable[..., None]:
    def define(
        name: str | None = None,
        default: Any = None,
        help: str = "",
        flag_values: FlagValues = FLAGS,
        *,
        flag_name: str | None = None,
        default_value: Any = None,
        docstring: str = "",
        required: bool = False,
    ) -> None:
        chosen = name if flag_name is None else flag_name
        if chosen is None:
            raise TypeError("a flag needs a name")
        value = default if default_value is None else default_value
        flag_values._define(_Flag(chosen, value, help or docstring, parse, is_multi, required))

    define.__doc__ = f"Define a flag that takes {what}."
    return define


DEFINE_string = _definer(str, False, "a string")
DEFINE_boolean = _definer(_parse_bool, False, "true or false; `--name` and `--noname` set it")
DEFINE_bool = DEFINE_boolean
DEFINE_integer = _definer(_parse_int, False, "an integer")
DEFINE_float = _definer(float, False, "a number")
DEFINE_list = _definer(_parse_list, False, "a list of strings with commas between")
DEFINE_multi_string = _definer(str, True, "a string, and may be given several times")
DEFINE_multi_integer = _definer(_parse_int, True, "an integer, and may be given several times")
DEFINE_multi_float = _definer(float, True, "a number, and may be given several times")


def DEFINE_enum(
    name: str,
    default: str | None,
    enum_values: Iterable[str],
    help: str = "",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Define a flag that takes one of the strings `enum_values`."""
    allowed = list(enum_values)

    def parse(text: Any) -> str:
        if text not in allowed:
            raise ValueError(f"value should be one of <{'|'.join(allowed)}>")
        return str(text)

    flag_values._define(_Flag(name, default, help, parse))


def mark_flag_as_required(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Refuse a command line without this flag."""
    flag_values._flags[flag_name].is_required = True


def mark_flags_as_required(flag_names: Iterable[str], flag_values: FlagValues = FLAGS) -> None:
    """Refuse a command line without these flags."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def register_validator(
    flag_name: str,
    checker: Callable[[Any], bool],
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Refuse a value of a flag for which `checker` returns False."""
    flag_values._validators.append((flag_name, checker, message))
