"""Element types of tensors: one `DType` object per TensorFlow type, and the ways from and to NumPy.

Every dtype exists once; `as_dtype` finds it from a name, an enum number, a NumPy type or a Python
type. What a dtype says about itself is stored when the module is loaded, so that reading it while
a graph is built costs one attribute.

Source: TensorFlow 1.15, python/framework/dtypes.py and core/framework/types.proto.
"""

from __future__ import annotations

import builtins
from typing import Any, Final

import ml_dtypes
import numpy as np

__all__ = [
    "ALL_DTYPES",
    "DTYPE_TO_NUMPY",
    "NUMPY_TO_DTYPE",
    "QUANTIZED_DTYPES",
    "DType",
    "as_dtype",
    "bfloat16",
    "bfloat16_ref",
    "bool",
    "bool_ref",
    "complex64",
    "complex64_ref",
    "complex128",
    "complex128_ref",
    "double",
    "double_ref",
    "float8_e4m3fn",
    "float8_e4m3fn_ref",
    "float8_e5m2",
    "float8_e5m2_ref",
    "float16",
    "float16_ref",
    "float32",
    "float32_ref",
    "float64",
    "float64_ref",
    "half",
    "half_ref",
    "int8",
    "int8_ref",
    "int16",
    "int16_ref",
    "int32",
    "int32_ref",
    "int64",
    "int64_ref",
    "qint8",
    "qint8_ref",
    "qint16",
    "qint16_ref",
    "qint32",
    "qint32_ref",
    "quint8",
    "quint8_ref",
    "quint16",
    "quint16_ref",
    "resource",
    "resource_ref",
    "string",
    "string_ref",
    "uint8",
    "uint8_ref",
    "uint16",
    "uint16_ref",
    "uint32",
    "uint32_ref",
    "uint64",
    "uint64_ref",
    "variant",
    "variant_ref",
]

_REF_OFFSET: Final = 100

_by_enum: dict[int, DType] = {}
_by_key: dict[Any, DType] = {}  # enum, name, NumPy type and dtype, Python type


class DType:
    """The element type of a tensor, or with `_ref` in its name a reference to such a tensor.

    There is one object for each type, so `is` compares as well as `==` does. `==` also accepts
    what `as_dtype` accepts.

    Attributes:
      name: such as "float32" or "float32_ref".
      as_datatype_enum: TensorFlow's number for the type; a reference has 100 more.
      as_numpy_dtype: the NumPy type of the values; `object` for strings and for the types that
        NumPy does not know (`is_numpy_compatible` is False for these).
      base_dtype: the type without the reference.
      real_dtype: the type of the real part; the type itself unless it is complex.
      size: bytes of an element, 0 for strings, resources and variants.
      is_bool: the type is bool.
      is_integer: an integer, not quantized.
      is_floating: a real floating point type, not quantized.
      is_complex: a complex type.
      is_quantized: a quantized integer.
      is_unsigned: an integer without a sign, not quantized.
      is_numpy_compatible: NumPy arrays can hold the values.

    >>> float32.name, float32.size, float32._as_ref
    ('float32', 4, tf.float32_ref)
    >>> float32 == np.float32, float32 == "float32", DType(1) is float32
    (True, True, True)
    """

    __slots__ = (
        "_as_ref",
        "_is_ref_dtype",
        "_type_enum",
        "as_datatype_enum",
        "as_numpy_dtype",
        "base_dtype",
        "is_bool",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_numpy_compatible",
        "is_quantized",
        "is_unsigned",
        "name",
        "real_dtype",
        "size",
    )

    _as_ref: DType
    _is_ref_dtype: builtins.bool
    _type_enum: int
    as_datatype_enum: int
    as_numpy_dtype: Any
    base_dtype: DType
    is_bool: builtins.bool
    is_complex: builtins.bool
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_numpy_compatible: builtins.bool
    is_quantized: builtins.bool
    is_unsigned: builtins.bool
    name: str
    real_dtype: DType
    size: int

    def __new__(cls, type_enum: int) -> DType:
        """Return the dtype with TensorFlow's number `type_enum`.

        Raises:
          TypeError: there is no such type.
        """
        dtype = _by_enum.get(int(type_enum))
        if dtype is None:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {type_enum}")
        return dtype

    @property
    def min(self) -> Any:
        """The smallest value.

        Raises:
          TypeError: the type has no order, or is quantized.
        """
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The largest value.

        Raises:
          TypeError: the type has no order, or is quantized.
        """
        return self._limit("max")

    def _limit(self, which: str) -> Any:
        if self.is_floating:
            return getattr(ml_dtypes.finfo(self.as_numpy_dtype), which)
        if self.is_integer:
            return int(getattr(np.iinfo(self.as_numpy_dtype), which))
        raise TypeError(f"Cannot find {which}imum value of {self}.")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The intensities of an image of this type, (0, largest).

        Raises:
          ValueError: there are none for the type.
        """
        base = self.base_dtype
        if base is float32 or base is float64:
            return 0, 1
        if base is bool:
            return 0, True
        if self.is_integer:
            return 0, self.max
        raise ValueError(f"{self} does not have defined limits.")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Say whether a tensor of type `other` may stand where this type is wanted.

        It may when the types are equal, or when `other` is a reference to this type.

        Raises:
          TypeError: `other` is no type.
        """
        other = as_dtype(other)
        return self is other or self is other.base_dtype

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if other is None or type(other) is DType:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return self._type_enum

    def __int__(self) -> int:
        return self._type_enum

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


def _new(enum: int, name: str, numpy_type: Any, size: int, kind: str) -> DType:
    dtype = object.__new__(DType)
    dtype._type_enum = dtype.as_datatype_enum = enum
    dtype._is_ref_dtype = enum > _REF_OFFSET
    dtype.name = name
    dtype.as_numpy_dtype = numpy_type
    dtype.size = size
    dtype.is_bool = kind == "bool"
    dtype.is_integer = kind in ("int", "uint")
    dtype.is_unsigned = kind == "uint"
    dtype.is_floating = kind == "float"
    dtype.is_complex = kind == "complex"
    dtype.is_quantized = kind == "quantized"
    dtype.is_numpy_compatible = kind != "opaque"
    _by_enum[enum] = _by_key[enum] = _by_key[name] = dtype
    return dtype


def _define(enum: int, name: str, numpy_type: Any, size: int, kind: str, *aliases: str) -> DType:
    """Make a dtype and its reference; kind: int, uint, float, complex, bool, quantized, ..."""
    base = _new(enum, name, numpy_type, size, kind)
    ref = _new(enum + _REF_OFFSET, f"{name}_ref", numpy_type, size, kind)
    base.base_dtype = ref.base_dtype = base
    base._as_ref = ref._as_ref = ref
    base.real_dtype, ref.real_dtype = base, ref
    for alias in aliases:
        _by_key[alias] = base
        _by_key[f"{alias}_ref"] = ref
    return base


def _quantized(name: str, numpy_type: Any) -> np.dtype[Any]:
    return np.dtype([(name, numpy_type)])


float32 = _define(1, "float32", np.float32, 4, "float", "float")
float64 = _define(2, "float64", np.float64, 8, "float", "double")
int32 = _define(3, "int32", np.int32, 4, "int")
uint8 = _define(4, "uint8", np.uint8, 1, "uint")
int16 = _define(5, "int16", np.int16, 2, "int")
int8 = _define(6, "int8", np.int8, 1, "int")
string = _define(7, "string", object, 0, "string")
complex64 = _define(8, "complex64", np.complex64, 8, "complex")
int64 = _define(9, "int64", np.int64, 8, "int")
bool = _define(10, "bool", np.bool_, 1, "bool")
qint8 = _define(11, "qint8", _quantized("qint8", np.int8), 1, "quantized")
quint8 = _define(12, "quint8", _quantized("quint8", np.uint8), 1, "quantized")
qint32 = _define(13, "qint32", _quantized("qint32", np.int32), 4, "quantized")
bfloat16 = _define(14, "bfloat16", ml_dtypes.bfloat16, 2, "float")
qint16 = _define(15, "qint16", _quantized("qint16", np.int16), 2, "quantized")
quint16 = _define(16, "quint16", _quantized("quint16", np.uint16), 2, "quantized")
uint16 = _define(17, "uint16", np.uint16, 2, "uint")
complex128 = _define(18, "complex128", np.complex128, 16, "complex")
float16 = _define(19, "float16", np.float16, 2, "float", "half")
resource = _define(20, "resource", object, 0, "opaque")
variant = _define(21, "variant", object, 0, "opaque")
uint32 = _define(22, "uint32", np.uint32, 4, "uint")
uint64 = _define(23, "uint64", np.uint64, 8, "uint")
float8_e5m2 = _define(24, "float8_e5m2", ml_dtypes.float8_e5m2, 1, "float")
float8_e4m3fn = _define(25, "float8_e4m3fn", ml_dtypes.float8_e4m3fn, 1, "float")

complex64.real_dtype = complex64._as_ref.real_dtype = float32
complex128.real_dtype = complex128._as_ref.real_dtype = float64

half = float16
double = float64

float32_ref = float32._as_ref
float64_ref = float64._as_ref
double_ref = float64_ref
int32_ref = int32._as_ref
uint8_ref = uint8._as_ref
int16_ref = int16._as_ref
int8_ref = int8._as_ref
string_ref = string._as_ref
complex64_ref = complex64._as_ref
int64_ref = int64._as_ref
bool_ref = bool._as_ref
qint8_ref = qint8._as_ref
quint8_ref = quint8._as_ref
qint32_ref = qint32._as_ref
bfloat16_ref = bfloat16._as_ref
qint16_ref = qint16._as_ref
quint16_ref = quint16._as_ref
uint16_ref = uint16._as_ref
complex128_ref = complex128._as_ref
float16_ref = float16._as_ref
half_ref = float16_ref
resource_ref = resource._as_ref
variant_ref = variant._as_ref
uint32_ref = uint32._as_ref
uint64_ref = uint64._as_ref
float8_e5m2_ref = float8_e5m2._as_ref
float8_e4m3fn_ref = float8_e4m3fn._as_ref

ALL_DTYPES: Final = tuple(dtype for dtype in _by_enum.values() if not dtype._is_ref_dtype)
QUANTIZED_DTYPES: Final = frozenset(dtype for dtype in ALL_DTYPES if dtype.is_quantized)

# What a NumPy array of a dtype's values is made of; a reference has no entry of its own.
DTYPE_TO_NUMPY: Final[dict[DType, Any]] = {
    dtype: dtype.as_numpy_dtype for dtype in ALL_DTYPES if dtype.is_numpy_compatible
}

# Which dtype the elements of an array have, by `array.dtype.type`, or by the dtype itself where
# that is a structure (quantized types).
NUMPY_TO_DTYPE: Final[dict[Any, DType]] = {
    numpy_type: dtype for dtype, numpy_type in DTYPE_TO_NUMPY.items() if dtype is not string
} | {np.object_: string, np.bytes_: string, np.str_: string}

# NumPy has several C types of the same width (long and long long), each a class of its own.
for _c_type in (np.intc, np.uintc, np.int_, np.uint, np.longlong, np.ulonglong):
    NUMPY_TO_DTYPE.setdefault(_c_type, _by_key[np.dtype(_c_type).name])

_by_key.update(NUMPY_TO_DTYPE)
_by_key.update(
    {
        np.dtype(numpy_type): dtype
        for numpy_type, dtype in NUMPY_TO_DTYPE.items()
        if isinstance(numpy_type, type)
    }
)
_by_key.update(
    {
        float: float32,
        int: int32,
        builtins.bool: bool,
        str: string,
        bytes: string,
        object: string,
    }
)


def as_dtype(type_value: Any) -> DType:
    """Return the dtype that `type_value` names.

    Args:
      type_value: a `DType`, its name ("float32", "float", "half_ref"), TensorFlow's enum number, a
        NumPy type or dtype, a Python type (float is float32, int is int32, str and bytes are
        string), or anything with a `dtype` of these, such as an array or a tensor.

    Raises:
      TypeError: it names none.

    >>> as_dtype("float"), as_dtype(np.int64), as_dtype(np.dtype("S5")), as_dtype(10)
    (tf.float32, tf.int64, tf.string, tf.bool)
    """
    if type(type_value) is DType:
        return type_value
    try:
        return _by_key[type_value]
    except (KeyError, TypeError):  # TypeError: not hashable
        pass
    is_numpy = isinstance(type_value, np.dtype)
    numpy_dtype = type_value if is_numpy else getattr(type_value, "dtype", None)
    if type(numpy_dtype) is DType:
        return numpy_dtype
    if isinstance(numpy_dtype, np.dtype):
        found = _by_key.get(numpy_dtype) or NUMPY_TO_DTYPE.get(numpy_dtype.type)
        if found is not None:
            return found
    raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")
