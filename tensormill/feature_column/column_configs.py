"""Columns as plain data, and back.

Source: TensorFlow 1.15, python/feature_column/serialization.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

from tensormill.feature_column.protocols import FeatureColumn
from tensormill.graph.dtypes import as_dtype
from tensormill.variables.keras_initializers import deserialize, serialize

__all__ = [
    "PlainConfig",
    "SerializedField",
    "deserialize_feature_column",
    "deserialize_feature_columns",
    "serialize_feature_column",
    "serialize_feature_columns",
]

_CLASSES: dict[str, type] = {}


class SerializedField(Enum):
    """How a field of a column is written, where it is not written as it is."""

    COLUMN = "column"
    COLUMNS = "columns"
    DTYPE = "dtype"
    FUNCTION = "function"
    INITIALIZER = "initializer"


class PlainConfig:
    """A column, a named tuple, whose config is its fields."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _CLASSES[cls.__name__] = cls

    def _get_config(self) -> dict[str, Any]:
        return {name: self._written(name, getattr(self, name)) for name in _fields_of(self)}

    def _written(self, name: str, value: Any) -> Any:
        codec = self._codecs.get(name)
        if codec is SerializedField.COLUMN:
            return serialize_feature_column(value)
        if codec is SerializedField.COLUMNS:
            return tuple(map(serialize_feature_column, value))
        if codec is SerializedField.DTYPE:
            return value.name
        if codec is SerializedField.FUNCTION:
            return None if value is None else value.__name__
        if codec is SerializedField.INITIALIZER:
            return serialize(value)
        return value

    @classmethod
    def _from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> Any:
        if set(config) != set(_fields_of(cls)):
            raise ValueError(f"Invalid config: {config}, expected keys: {_fields_of(cls)}")
        return cls(
            **{
                name: cls._read(name, value, custom_objects, columns_by_name)
                for name, value in config.items()
            }
        )

    @classmethod
    def _read(cls, name: str, value: Any, custom_objects: Any, columns_by_name: Any) -> Any:
        codec = cls._codecs.get(name)
        if codec is SerializedField.COLUMN:
            return deserialize_feature_column(value, custom_objects, columns_by_name)
        if codec is SerializedField.COLUMNS:
            return tuple(
                deserialize_feature_column(each, custom_objects, columns_by_name) for each in value
            )
        if codec is SerializedField.DTYPE:
            return as_dtype(value)
        if codec is SerializedField.FUNCTION and value is not None:
            if value not in (custom_objects or {}):
                raise ValueError(f"Unknown function: {value}")
            return custom_objects[value]
        if codec is SerializedField.INITIALIZER:
            return deserialize(value, custom_objects=custom_objects)
        return tuple(value) if isinstance(value, list) else value


def _fields_of(column: Any) -> tuple[str, ...]:
    fields: tuple[str, ...] = column._fields
    return fields


def serialize_feature_column(fc: Any) -> Any:
    """Return a column as its class name and config; the name of a feature as it is.

    Raises:
      ValueError: it is neither a column nor a name.
    """
    if isinstance(fc, str):
        return fc
    if isinstance(fc, FeatureColumn):
        return {"class_name": type(fc).__name__, "config": fc._get_config()}
    raise ValueError(f"Instance: {fc} is not a FeatureColumn")


def deserialize_feature_column(
    config: Any, custom_objects: Any = None, columns_by_name: Any = None
) -> Any:
    """Return the column of a config, the same for one name in `columns_by_name`.

    Raises:
      ValueError: the class is not known, or its fields are others.
    """
    if isinstance(config, str):
        return config
    name = config["class_name"]
    known = {**_CLASSES, **(custom_objects or {})}
    if name not in known:
        raise ValueError(f"Unknown feature_column_v2: {name}")
    made = known[name]._from_config(
        config["config"], custom_objects=custom_objects, columns_by_name=columns_by_name
    )
    if columns_by_name is None:
        return made
    return columns_by_name.setdefault(_name_key(made), made)


def _name_key(column: Any) -> str:
    return f"{type(column).__name__}:{column.name}"


def serialize_feature_columns(feature_columns: Any) -> list[Any]:
    """Return the configs of columns."""
    return [serialize_feature_column(each) for each in feature_columns]


def deserialize_feature_columns(configs: Any, custom_objects: Any = None) -> list[Any]:
    """Return the columns of configs; what is named twice is one column."""
    by_name: dict[str, Any] = {}
    return [deserialize_feature_column(each, custom_objects, by_name) for each in configs]
