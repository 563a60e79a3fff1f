"""Initializers under the names and with the defaults of Keras, and by name or settings."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.variables import initializers
from tensormill.variables.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    Identity,
    Initializer,
    Ones,
    Orthogonal,
    VarianceScaling,
    Zeros,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)

__all__ = [
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "deserialize",
    "get",
    "serialize",
]


class RandomUniform(initializers.RandomUniform):
    """Gives numbers distributed evenly in [minval, maxval), by default close to zero."""

    def __init__(
        self,
        minval: Any = -0.05,
        maxval: Any = 0.05,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(minval, maxval, seed, dtype)


class RandomNormal(initializers.RandomNormal):
    """Gives normally distributed numbers, by default close to zero."""

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 0.05,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


class TruncatedNormal(initializers.TruncatedNormal):
    """Gives normal numbers within two standard deviations, by default close to zero."""

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 0.05,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


_BY_NAME: dict[str, Any] = {
    "Constant": Constant,
    "GlorotNormal": GlorotNormal,
    "GlorotUniform": GlorotUniform,
    "Identity": Identity,
    "Ones": Ones,
    "Orthogonal": Orthogonal,
    "RandomNormal": RandomNormal,
    "RandomUniform": RandomUniform,
    "TruncatedNormal": TruncatedNormal,
    "VarianceScaling": VarianceScaling,
    "Zeros": Zeros,
    "constant": Constant,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "identity": Identity,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "normal": RandomNormal,
    "one": Ones,
    "ones": Ones,
    "orthogonal": Orthogonal,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "uniform": RandomUniform,
    "zero": Zeros,
    "zeros": Zeros,
}


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Return the class and settings of an initializer as plain data."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the initializer that `serialize` described.

    Raises:
      ValueError: there is no initializer of that class.
    """
    name = config["class_name"]
    known = {**_BY_NAME, **(custom_objects or {})}
    if name not in known:
        raise ValueError(f"Unknown initializer: {name}")
    return known[name](**config.get("config", {}))


def get(identifier: Any) -> Any:
    """Return an initializer by its name, by its settings, or as it is.

    Raises:
      ValueError: the identifier is none of these.
    """
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier})
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")
