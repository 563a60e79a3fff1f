"""One example of an op: its inputs and attributes, and what the tests may ask of it."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np

from tensormill.testing.oracle_process import pack_message

Array = np.ndarray[Any, Any]

MODES = ("full", "unknown", "constant")
"""How the inputs of a case are made: placeholders with and without a shape, constants."""


def as_array(value: Any) -> Array:
    """Return a value as TensorFlow reads it: floats are float32, ints int32, strings objects."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    array = np.array(value)
    if array.dtype.kind in "SU":
        flat = [
            item.encode() if isinstance(item, str) else item
            for item in np.array(value, object).ravel()
        ]
        objects = np.empty(len(flat), object)
        objects[:] = flat
        return objects.reshape(array.shape)
    narrow = {"float64": np.float32, "int64": np.int32}.get(array.dtype.name)
    return array if narrow is None else array.astype(narrow)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of a name, of NumPy or of ml_dtypes (bfloat16)."""
    return np.dtype(getattr(ml_dtypes, name, name))


@dataclass(frozen=True, eq=False)
class OpCase:
    """One node: an op type with its inputs and attributes.

    Attributes:
      op_type: the op type.
      inputs: a value for each input argument: an array (or a number, bool, bytes); a list of
        such for a list argument.
      attrs: the attributes that do not follow from the inputs; dtypes by name, shapes as lists.
      compare: "values"; or "shape_dtype" (random values); or "runs" (no value at all).
      tolerance: relative and absolute; by default that of the dtype.
      gradient: whether the gradient is held against TensorFlow's and central differences.
      refs: positions of inputs that are ref variables (VariableV2) with the given initial
        value; their values after the run are compared too.
      resources: positions of inputs that are resource variables, likewise.
      fails: a text that the error's message must hold, here and in TensorFlow; a tuple of
        two where the error while the graph is built (first) differs from that of a step.
      note: tells cases of the same op apart in the names of tests.
    """

    op_type: str
    inputs: list[Any] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    compare: str = "values"
    tolerance: float | None = None
    gradient: bool = True
    refs: tuple[int, ...] = ()
    resources: tuple[int, ...] = ()
    fails: str | tuple[str, str] | None = None
    note: str = ""

    @property
    def values(self) -> list[Any]:
        """The inputs as arrays, lists of arrays for list arguments."""
        return [
            [as_array(item) for item in value] if isinstance(value, list) else as_array(value)
            for value in self.inputs
        ]

    @property
    def op_types(self) -> tuple[str, ...]:
        """The op types that the case covers."""
        return (self.op_type,)

    def request(self) -> dict[str, Any]:
        """Return the case as plain data, for the oracle."""
        return {
            "op_type": self.op_type,
            "inputs": self.values,
            "attrs": self.attrs,
            "compare": self.compare,
            "gradient": self.gradient,
            "refs": list(self.refs),
            "resources": list(self.resources),
            "fails": self.fails is not None,
        }

    @property
    def key(self) -> str:
        """Names the case among the recorded answers; another question has another key."""
        return f"{self.op_type}/{_digest(self.request())}"

    def describe(self) -> str:
        """Return a readable name: op type, dtypes and shapes."""
        inputs = ",".join(
            f"[{','.join(map(_describe_array, v))}]" if isinstance(v, list) else _describe_array(v)
            for v in self.values
        )
        return " ".join(filter(None, [f"{self.op_type}({inputs})", self.note]))


@dataclass(frozen=True, eq=False)
class OpProgram:
    """A piece of program for ops that make no sense alone (queues, control flow …).

    Attributes:
      op_types: the op types that the program covers.
      source: Python; `tf` and `np` are there, `result` is what is compared: arrays, numbers,
        strings, bytes, lists, tuples and dicts of those.
      tolerance: relative and absolute; by default that of the dtype.
      note: tells programs apart in the names of tests.
    """

    op_types: tuple[str, ...]
    source: str
    tolerance: float | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """Names the program in the recorded answers."""
        return f"{self.op_types[0]}/program-{_digest(self.source)}"

    def describe(self) -> str:
        """Return a readable name."""
        return " ".join(filter(None, [f"{self.op_types[0]} program", self.note]))


def _digest(value: Any) -> str:
    return hashlib.sha256(pack_message(value)).hexdigest()[:12]


def _describe_array(array: Array) -> str:
    dtype = "string" if array.dtype == object else array.dtype.name
    return f"{dtype}{list(array.shape)}".replace(" ", "")


def families() -> dict[str, ModuleType]:
    """Return the modules with cases by name."""
    package = importlib.import_module("tests.op_cases")
    modules = {
        info.name: importlib.import_module(f"tests.op_cases.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
    }
    return {name: module for name, module in modules.items() if hasattr(module, "CASES")}


def cases_of(module: ModuleType) -> list[OpCase | OpProgram]:
    """Return the cases of a family."""
    return list(module.CASES)


def elementwise(
    op_type: str, dtypes: str, make: Callable[[type], list[Any]], **options: Any
) -> list[OpCase]:
    """Return a case with the inputs `make(dtype)` for each dtype; `dtypes` are names and blanks."""
    return [OpCase(op_type, make(np.dtype(name).type), **options) for name in dtypes.split()]
