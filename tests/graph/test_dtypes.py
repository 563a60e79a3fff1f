"""Dtypes. Answers of TensorFlow 2.21 (compat.v1) are recorded here as data."""

import copy
import operator
import pickle

import ml_dtypes
import numpy as np
import pytest

from tensormill.graph import dtypes
from tensormill.graph.dtypes import ALL_DTYPES, DType, as_dtype

# What TensorFlow says: enum, name, size, and the one family that the type belongs to.
TENSORFLOW_DTYPES = [
    (1, "float32", 4, "floating"),
    (2, "float64", 8, "floating"),
    (3, "int32", 4, "integer"),
    (4, "uint8", 1, "unsigned"),
    (5, "int16", 2, "integer"),
    (6, "int8", 1, "integer"),
    (7, "string", 0, None),
    (8, "complex64", 8, "complex"),
    (9, "int64", 8, "integer"),
    (10, "bool", 1, "bool"),
    (11, "qint8", 1, "quantized"),
    (12, "quint8", 1, "quantized"),
    (13, "qint32", 4, "quantized"),
    (14, "bfloat16", 2, "floating"),
    (15, "qint16", 2, "quantized"),
    (16, "quint16", 2, "quantized"),
    (17, "uint16", 2, "unsigned"),
    (18, "complex128", 16, "complex"),
    (19, "float16", 2, "floating"),
    (20, "resource", 0, "opaque"),
    (21, "variant", 0, "opaque"),
    (22, "uint32", 4, "unsigned"),
    (23, "uint64", 8, "unsigned"),
    (24, "float8_e5m2", 1, "floating"),
    (25, "float8_e4m3fn", 1, "floating"),
]


def describe(dtype: DType) -> tuple[int, str, int, str | None]:
    families = {
        "floating": dtype.is_floating,
        "integer": dtype.is_integer and not dtype.is_unsigned,
        "unsigned": dtype.is_integer and dtype.is_unsigned,
        "complex": dtype.is_complex,
        "bool": dtype.is_bool,
        "quantized": dtype.is_quantized,
        "opaque": not dtype.is_numpy_compatible,
    }
    members = [name for name, belongs in families.items() if belongs]
    assert len(members) <= 1
    return dtype.as_datatype_enum, dtype.name, dtype.size, members[0] if members else None


def test_every_dtype_says_of_itself_what_tensorflow_says() -> None:
    assert [describe(dtype) for dtype in ALL_DTYPES] == TENSORFLOW_DTYPES


@pytest.mark.parametrize("dtype", ALL_DTYPES, ids=str)
def test_a_reference_differs_from_its_base_in_name_and_enum_only(dtype: DType) -> None:
    reference = dtype._as_ref
    _, name, *rest = describe(dtype)
    assert describe(reference) == (dtype.as_datatype_enum + 100, f"{name}_ref", *rest)
    assert reference.as_numpy_dtype is dtype.as_numpy_dtype
    assert reference._is_ref_dtype
    assert not dtype._is_ref_dtype
    assert reference.base_dtype is dtype is dtype.base_dtype
    assert reference._as_ref is reference
    assert reference != dtype
    assert getattr(dtypes, f"{name}_ref") is reference


@pytest.mark.parametrize("dtype", [*ALL_DTYPES, dtypes.int32_ref], ids=str)
def test_there_is_one_object_for_a_dtype(dtype: DType) -> None:
    assert getattr(dtypes, dtype.name) is dtype
    assert DType(dtype.as_datatype_enum) is dtype
    assert copy.copy(dtype) is dtype
    assert copy.deepcopy([dtype])[0] is dtype
    assert pickle.loads(pickle.dumps(dtype)) is dtype


@pytest.mark.parametrize("dtype", [*ALL_DTYPES, dtypes.float32_ref], ids=str)
def test_a_dtype_is_found_by_itself_its_name_and_its_enum(dtype: DType) -> None:
    assert as_dtype(dtype) is as_dtype(dtype.name) is as_dtype(int(dtype)) is dtype


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("half", dtypes.float16),
        ("float", dtypes.float32),
        ("double", dtypes.float64),
        ("half_ref", dtypes.float16_ref),
        ("float_ref", dtypes.float32_ref),
        ("double_ref", dtypes.float64_ref),
        (np.float32, dtypes.float32),
        (np.dtype("int16"), dtypes.int16),
        (np.dtype(">i4"), dtypes.int32),
        (np.bool_, dtypes.bool),
        (np.longlong, dtypes.int64),
        (np.ulonglong, dtypes.uint64),
        (np.intc, dtypes.int32),
        (np.dtype("longlong"), dtypes.int64),
        (np.object_, dtypes.string),
        (np.dtype("S5"), dtypes.string),
        (np.dtype("<U7"), dtypes.string),
        (np.str_, dtypes.string),
        (ml_dtypes.bfloat16, dtypes.bfloat16),
        (np.dtype(ml_dtypes.bfloat16), dtypes.bfloat16),
        (ml_dtypes.float8_e5m2, dtypes.float8_e5m2),
        (np.dtype([("qint8", np.int8)]), dtypes.qint8),
        (np.dtype([("quint16", np.uint16)]), dtypes.quint16),
        (np.zeros(2), dtypes.float64),
        (np.zeros(2, ">f4"), dtypes.float32),
        (np.array(["a"]), dtypes.string),
        (float, dtypes.float32),
        (bool, dtypes.bool),
        (object, dtypes.string),
    ],
)
def test_names_numpy_types_and_python_types_give_the_dtype_that_tensorflow_gives(
    value: object, expected: DType
) -> None:
    assert as_dtype(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(int, dtypes.int32), (str, dtypes.string), (bytes, dtypes.string)],
)
def test_python_types_that_tensorflow_refuses_give_the_dtype_of_their_values(
    value: object, expected: DType
) -> None:
    assert as_dtype(value) is expected


def test_anything_that_has_a_dtype_gives_it() -> None:
    class Variable:
        dtype = dtypes.float32_ref

    assert as_dtype(Variable()) is dtypes.float32_ref


@pytest.mark.parametrize(
    "value",
    [None, "foo", "<i4", 0, 26, 126, 1000, [1], {}, complex, np.datetime64, np.dtype("M8[s]"), 1.5],
)
def test_what_names_no_dtype_is_a_type_error_that_shows_it(value: object) -> None:
    with pytest.raises(TypeError) as caught:
        as_dtype(value)
    assert str(caught.value) == f"Cannot convert value {value!r} to a TensorFlow DType."


def test_a_dtype_with_an_unknown_enum_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="999"):
        DType(999)


def test_a_dtype_equals_whatever_names_it() -> None:
    float32 = dtypes.float32
    for same in (float32, "float32", "float", np.float32, np.dtype("float32"), 1, float):
        assert float32 == same
        assert same == float32
        assert not operator.ne(float32, same)


def test_a_dtype_differs_from_what_names_another_or_none() -> None:
    for other in (dtypes.float32_ref, dtypes.float64, "foo", np.float64, 2, None, [], object()):
        assert dtypes.float32 != other
        assert not operator.eq(dtypes.float32, other)


def test_a_dtype_is_a_dictionary_key_by_its_enum() -> None:
    assert hash(dtypes.float32) == 1
    assert {dtypes.float32: "a", dtypes.float32_ref: "b"}[as_dtype("float_ref")] == "b"


def test_a_dtype_prints_as_in_tensorflow() -> None:
    assert repr(dtypes.float32) == "tf.float32"
    assert str(dtypes.float32) == "<dtype: 'float32'>"
    assert repr(dtypes.bool_ref) == "tf.bool_ref"
    assert f"{dtypes.half}" == "<dtype: 'float16'>"


def test_a_reference_may_stand_for_its_base_but_not_the_reverse() -> None:
    assert dtypes.float32.is_compatible_with(dtypes.float32_ref)
    assert dtypes.float32.is_compatible_with("float32")
    assert not dtypes.float32_ref.is_compatible_with(dtypes.float32)
    assert not dtypes.float32.is_compatible_with(dtypes.float64)


def test_the_real_dtype_of_a_complex_type_is_that_of_its_parts() -> None:
    assert dtypes.complex64.real_dtype is dtypes.float32
    assert dtypes.complex128.real_dtype is dtypes.float64
    assert dtypes.complex64_ref.real_dtype is dtypes.float32
    assert dtypes.int32.real_dtype is dtypes.int32
    assert dtypes.float32_ref.real_dtype is dtypes.float32_ref


def test_integer_limits_are_python_integers() -> None:
    assert (dtypes.int8.min, dtypes.int8.max) == (-128, 127)
    assert (dtypes.uint64.min, dtypes.uint64.max) == (0, 2**64 - 1)
    assert type(dtypes.int64.max) is int


def test_floating_limits_are_values_of_the_type() -> None:
    assert dtypes.float32.max == np.finfo(np.float32).max
    assert dtypes.float32_ref.min == np.finfo(np.float32).min
    assert dtypes.bfloat16.max == ml_dtypes.finfo(ml_dtypes.bfloat16).max
    assert float(dtypes.float16.max) == 65504
    assert float(dtypes.float8_e5m2.max) == 57344


@pytest.mark.parametrize("name", ["bool", "string", "complex64", "qint8", "resource"])
def test_a_type_without_an_order_has_no_least_and_greatest_value(name: str) -> None:
    dtype = as_dtype(name)
    with pytest.raises(TypeError, match=f"Cannot find minimum value of <dtype: '{name}'>"):
        _ = dtype.min
    with pytest.raises(TypeError, match=f"Cannot find maximum value of <dtype: '{name}'>"):
        _ = dtype.max


def test_image_limits_are_those_of_tensorflow() -> None:
    assert dtypes.float32.limits == dtypes.float64_ref.limits == (0, 1)
    assert dtypes.uint8.limits == (0, 255)
    assert dtypes.int8.limits == (0, 127)
    assert dtypes.bool.limits == (0, True)
    with pytest.raises(ValueError, match="<dtype: 'float16'> does not have defined limits"):
        _ = dtypes.float16.limits


@pytest.mark.parametrize(("dtype", "numpy_type"), dtypes.DTYPE_TO_NUMPY.items(), ids=str)
def test_the_numpy_type_of_a_dtype_leads_back_to_it(dtype: DType, numpy_type: object) -> None:
    array = np.zeros(1, numpy_type)  # type: ignore[call-overload]
    assert as_dtype(array) is as_dtype(array.dtype) is dtype
    assert dtype.as_numpy_dtype is numpy_type
    if dtype.size:
        assert array.dtype.itemsize == dtype.size


def test_strings_and_opaque_values_are_held_by_object_arrays() -> None:
    assert dtypes.string.as_numpy_dtype is object
    assert dtypes.resource.as_numpy_dtype is dtypes.variant.as_numpy_dtype is object
    assert dtypes.resource not in dtypes.DTYPE_TO_NUMPY


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    assert not hasattr(dtypes.float32, "shape")
