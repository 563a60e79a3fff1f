"""`HParams`: hyperparameters with types, that may be set by name, text or JSON.

Source: TensorFlow 1.15, contrib/training/python/training/hparam.py.
"""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Callable
from typing import Any

__all__ = ["HParams", "parse_values"]

_ASSIGNMENT = re.compile(
    r"""
    (?P<name>[a-zA-Z][\w\.]*)
    (\[\s*(?P<index>\d+)\s*\])?
    \s*=\s*
    ((?P<val>[^,\[]*)|\[(?P<vals>[^\]]*)\])
    ($|,\s*)""",
    re.VERBOSE,
)
_TRUE, _FALSE = frozenset(["true", "True", "1"]), frozenset(["false", "False", "0"])


def _fail(name: str, kind: Any, value: Any, values: str) -> None:
    raise ValueError(
        f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{value}' in "
        f"{values}"
    )


def _parse_bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(text)


def parse_values(
    values: str, type_map: dict[str, Any], ignore_unknown: bool = False
) -> dict[str, Any]:
    """Return the hyperparameters that a text like "a=1,b=[1,2],c[3]=x" sets.

    Args:
      values: the text.
      type_map: the type of each hyperparameter, or of its elements.
      ignore_unknown: whether other names are passed over.

    Raises:
      ValueError: the text is no such text, a name is unknown or set twice, or a value does not
        parse; elements that are set by index come as a dict.
    """
    results: dict[str, Any] = {}
    at = 0
    while at < len(values):
        found = _ASSIGNMENT.match(values, at)
        if not found:
            raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
        at = found.end()
        name = found["name"].strip()
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter: {name}")
        kind = type_map[name]
        parse: Callable[[str], Any] = _parse_bool if kind is bool else kind
        single, several = found["val"], found["vals"]
        try:
            if several is not None:
                if found["index"] is not None:
                    raise ValueError(f"Assignment of a list to a list index in {values}")
                if name in results:
                    raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
                parts = [part for part in re.split(r"[ ,]", several) if part]
                results[name] = [parse(part) for part in parts]
            elif found["index"] is None:
                if name in results:
                    raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
                results[name] = parse(single)
            else:
                held = results.setdefault(name, {})
                if not isinstance(held, dict):
                    raise ValueError(f"Multiple assignments to variable '{name}' in {values}")
                index = int(found["index"])
                if index in held:
                    raise ValueError(f"Multiple assignments to variable '{name}[{index}]'")
                held[index] = parse(single)
        except ValueError as error:
            if str(error).startswith(("Multiple", "Assignment")):
                raise
            _fail(name, kind, single if several is None else several, values)
    return results


def _cast(name: str, kind: Any, value: Any) -> Any:
    """Return a value as the type of its hyperparameter.

    Raises:
      ValueError: that would lose something.
    """
    message = f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}"
    if value is None or isinstance(value, kind):
        return value
    if kind is str and not isinstance(value, (str, bytes)):
        raise ValueError(message)
    if isinstance(value, bool) != (kind is bool):
        raise ValueError(message)
    if issubclass(kind, numbers.Integral) and not isinstance(value, numbers.Integral):
        raise ValueError(message)
    if issubclass(kind, numbers.Number) and not isinstance(value, numbers.Number):
        raise ValueError(message)
    return kind(value)


class HParams:
    """Hyperparameters as attributes; each keeps the type of its first value.

    >>> hparams = HParams(learning_rate=0.1, sizes=[3, 4])
    >>> hparams.parse("learning_rate=0.01,sizes[1]=5").values()
    {'learning_rate': 0.01, 'sizes': [3, 5]}
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        self._hparam_types: dict[str, tuple[Any, bool]] = {}
        self._model_structure = model_structure
        if hparam_def is not None:
            raise ValueError("hparam_def is not supported: give the values by name")
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add a hyperparameter.

        Raises:
          ValueError: the name is taken, or a list is empty.
        """
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Change a hyperparameter.

        Raises:
          KeyError: there is none of this name.
          ValueError: the value is of another type.
        """
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, item) for item in value])
            return
        if is_list:
            raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
        setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name: str) -> None:
        """Remove a hyperparameter, if there is one of this name."""
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values: str) -> HParams:
        """Change hyperparameters as a text says; see `parse_values`."""
        types = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, types))

    def override_from_dict(self, values_dict: dict[str, Any]) -> HParams:
        """Change hyperparameters by name; a dict changes elements of a list by index."""
        for name, value in values_dict.items():
            kind, is_list = self._hparam_types[name]
            if isinstance(value, dict) and is_list:
                items = list(getattr(self, name))
                for index, item in value.items():
                    if not 0 <= index < len(items):
                        raise ValueError(f"Index {index} is out of range for {name}")
                    items[index] = _cast(name, kind, item)
                value = items
            self.set_hparam(name, value)
        return self

    def set_model_structure(self, model_structure: Any) -> None:
        """Keep a description of the model beside the hyperparameters."""
        self._model_structure = model_structure

    def get_model_structure(self) -> Any:
        """Return what `set_model_structure` was given."""
        return self._model_structure

    def to_json(
        self,
        indent: Any = None,
        separators: Any = None,
        sort_keys: bool = False,
    ) -> str:
        """Return the hyperparameters as JSON."""

        def plain(value: Any) -> Any:
            return value if not callable(value) else value.__name__

        values = {name: plain(value) for name, value in self.values().items()}
        return json.dumps(values, indent=indent, separators=separators, sort_keys=sort_keys)

    def parse_json(self, values_json: str) -> HParams:
        """Change hyperparameters as JSON says."""
        return self.override_from_dict(json.loads(values_json))

    def values(self) -> dict[str, Any]:
        """Return all hyperparameters by name."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key: str, default: Any = None) -> Any:
        """Return a hyperparameter, or `default` where there is none.

        Raises:
          ValueError: the default is of another type.
        """
        if key not in self._hparam_types:
            return default
        kind, is_list = self._hparam_types[key]
        if default is not None:
            wrong = isinstance(default, list) != is_list
            if wrong:
                raise ValueError(f"The default of {key} must be a list, or must not")
            for item in default if is_list else [default]:
                _cast(key, kind, item)
        return getattr(self, key)

    def __contains__(self, key: str) -> bool:
        return key in self._hparam_types

    def __str__(self) -> str:
        return str(sorted(self.values().items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"
