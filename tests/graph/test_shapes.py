"""Static shapes. Texts and results of TensorFlow 2.21 (compat.v1) are recorded here as data."""

import copy
import itertools
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from tensormill.graph import shapes
from tensormill.graph.shapes import Dimension, Dims, TensorShape, as_dims

KNOWN_RANK = st.lists(st.none() | st.integers(0, 4), max_size=4).map(tuple)
ANY_SHAPE = st.none() | KNOWN_RANK


def shape_proto(*sizes: int, unknown_rank: bool = False) -> TensorShapeProto:
    dim = [TensorShapeProto.Dim(size=size) for size in sizes]
    return TensorShapeProto(dim=dim, unknown_rank=unknown_rank)


def raises(text: str) -> "pytest.RaisesExc[ValueError]":
    return pytest.raises(ValueError, match=f"^{re.escape(text)}$")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ((), ()),
        ([], ()),
        ([2, None], (2, None)),
        ((2, None), (2, None)),
        (3, (3,)),
        (Dimension(3), (3,)),
        (Dimension(None), (None,)),
        ([Dimension(3), Dimension(None), 4], (3, None, 4)),
        (TensorShape([1, None]), (1, None)),
        (TensorShape(None), None),
        (np.array([2, 3]), (2, 3)),
        ([np.int64(3), np.array(2)], (3, 2)),
        (np.int32(5), (5,)),
        (iter([2, None]), (2, None)),
        (range(3), (0, 1, 2)),
        ([784.0], (784,)),
        (shape_proto(2, -1), (2, None)),
        (shape_proto(unknown_rank=True), None),
        (shape_proto(), ()),
    ],
)
def test_whatever_says_a_shape_becomes_dims(value: object, expected: Dims) -> None:
    dims = as_dims(value)
    assert dims == expected
    assert dims is None or all(size is None or type(size) is int for size in dims)


@pytest.mark.parametrize("value", [[-1], (2, -1), -1, np.array([-1]), [np.int64(-1)], iter([-1])])
def test_a_negative_dimension_is_a_value_error(value: object) -> None:
    with raises("Dimension -1 must be >= 0"):
        as_dims(value)


def test_a_dimension_that_is_no_whole_number_is_a_value_error() -> None:
    with raises("Ambiguous dimension: 2.5"):
        as_dims([2.5])


@pytest.mark.parametrize("value", ["3", b"3", ["a"], [[1]], object(), [object()], {"a": 1}])
def test_what_is_no_shape_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match=r"(?i)dimension"):
        as_dims(value)


def test_a_tuple_of_integers_is_not_copied() -> None:
    dims = (2, None, 3)
    assert as_dims(dims) is dims


@pytest.mark.parametrize(
    ("dims", "python", "kernel"),
    [
        (None, "<unknown>", "<unknown>"),
        ((), "()", "[]"),
        ((2,), "(2,)", "[2]"),
        ((None,), "(?,)", "[?]"),
        ((None, 3), "(?, 3)", "[?,3]"),
    ],
)
def test_a_shape_prints_as_tensorflow_does_in_python_and_in_kernels(
    dims: Dims, python: str, kernel: str
) -> None:
    assert shapes.format_dims(dims) == python == str(TensorShape(dims))
    assert shapes.format_dims(dims, "kernel") == kernel


def test_merging_takes_what_either_shape_knows() -> None:
    assert shapes.merge_dims((2, None), (None, 3)) == (2, 3)
    assert shapes.merge_dims(None, (2,)) == shapes.merge_dims((2,), None) == (2,)
    assert shapes.merge_dims(None, None) is None


def test_merging_contradictions_says_what_shape_functions_of_tensorflow_say() -> None:
    with raises(
        "Dimension 0 in both shapes must be equal, but are 2 and 4. Shapes are [2,3] and [4,?]."
    ):
        shapes.merge_dims((2, 3), (4, None))
    with raises("Shapes must be equal rank, but are 1 and 2"):
        shapes.merge_dims((2,), (3, 4))


@given(ANY_SHAPE, ANY_SHAPE)
def test_shapes_can_be_merged_exactly_if_they_are_compatible(a: Dims, b: Dims) -> None:
    if shapes.are_compatible(a, b):
        merged = shapes.merge_dims(a, b)
        assert merged == shapes.merge_dims(b, a)
        assert shapes.merge_dims(merged, a) == merged
    else:
        with pytest.raises(ValueError, match="must be equal"):
            shapes.merge_dims(a, b)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((4, 1), (3,), (4, 3)),
        ((None, 3), (2, 1), (2, 3)),
        ((None,), (1,), (None,)),
        ((None,), (5,), (5,)),
        ((None,), (None,), (None,)),
        ((2, None), (None, None), (2, None)),
        (None, (3,), None),
        (None, (), None),
        ((), (None,), (None,)),
        ((0,), (1,), (0,)),
        ((0,), (None,), (None,)),
        ((1,), (None,), (None,)),
        ((1, 5), (4, 1), (4, 5)),
        ((3,), (2, None), (2, 3)),
    ],
)
def test_shapes_broadcast_as_in_tensorflow(a: Dims, b: Dims, expected: Dims) -> None:
    assert shapes.broadcast_dims(a, b) == expected
    assert shapes.broadcast_dims(b, a) == expected


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ((2,), (3,), "Dimensions must be equal, but are 2 and 3"),
        ((3,), (4, 2), "Dimensions must be equal, but are 3 and 2"),
        ((4, 2), (3,), "Dimensions must be equal, but are 2 and 3"),
        ((2, 3), (4, 5), "Dimensions must be equal, but are 2 and 4"),
        ((0,), (3,), "Dimensions must be equal, but are 0 and 3"),
    ],
)
def test_shapes_that_do_not_broadcast_name_the_first_pair_of_sizes(
    a: Dims, b: Dims, text: str
) -> None:
    with raises(text):
        shapes.broadcast_dims(a, b)


@given(
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
)
def test_known_shapes_broadcast_as_in_numpy(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="must be equal"):
            shapes.broadcast_dims(a, b)
    else:
        assert shapes.broadcast_dims(a, b) == expected


@given(KNOWN_RANK, KNOWN_RANK)
def test_a_broadcast_shape_holds_for_every_value_of_the_unknown_sizes(a: Dims, b: Dims) -> None:
    assert a is not None
    assert b is not None
    unknown = a.count(None) + b.count(None)
    results = []
    for sizes in itertools.product((0, 1, 2), repeat=min(unknown, 4)):
        fill = iter(sizes)
        try:
            results.append(
                np.broadcast_shapes(
                    tuple(next(fill, 1) if size is None else size for size in a),
                    tuple(next(fill, 1) if size is None else size for size in b),
                )
            )
        except ValueError:
            continue
    try:
        static = shapes.broadcast_dims(a, b)
    except ValueError:
        assert not results
    else:
        assert all(shapes.are_compatible(static, result) for result in results)


def test_a_shape_is_fully_defined_if_rank_and_sizes_are_known() -> None:
    assert shapes.is_fully_defined(())
    assert shapes.is_fully_defined((2, 0))
    assert not shapes.is_fully_defined((2, None))
    assert not shapes.is_fully_defined(None)


def test_the_number_of_elements_is_known_only_with_all_sizes() -> None:
    assert shapes.num_elements((2, 3)) == 6
    assert shapes.num_elements(()) == 1
    assert shapes.num_elements((2, None)) is None
    assert shapes.num_elements(None) is None


def test_concatenating_with_an_unknown_rank_is_unknown() -> None:
    assert shapes.concatenate_dims((1,), (None, 2)) == (1, None, 2)
    assert shapes.concatenate_dims((1,), None) is None


def test_a_rank_is_demanded_in_the_words_of_shape_functions() -> None:
    assert shapes.with_rank((2, None), 2) == (2, None)
    assert shapes.with_rank(None, 2) == (None, None)
    assert shapes.with_rank_at_least((2, 3), 1) == (2, 3)
    assert shapes.with_rank_at_least(None, 1) is None
    assert shapes.with_rank_at_most((2,), 1) == (2,)
    with raises("Shape must be rank 2 but is rank 1"):
        shapes.with_rank((3,), 2)
    with raises("Shape must be at least rank 2 but is rank 1"):
        shapes.with_rank_at_least((3,), 2)
    with raises("Shape must be at most rank 1 but is rank 2"):
        shapes.with_rank_at_most((3, 4), 1)


def test_arithmetic_with_dimensions_gives_dimensions() -> None:
    seven = Dimension(7)
    for result, expected in [
        (seven + 2, 9),
        (2 + seven, 9),
        (seven - 2, 5),
        (9 - seven, 2),
        (seven * Dimension(2), 14),
        (2 * seven, 14),
        (seven // 2, 3),
        (15 // seven, 2),
        (seven % 4, 3),
        (9 % seven, 2),
    ]:
        assert type(result) is Dimension
        assert result.value == expected


def test_arithmetic_with_an_unknown_dimension_is_unknown() -> None:
    unknown = Dimension(None)
    for result in (unknown + 1, 1 - unknown, unknown * Dimension(3), Dimension(3) % None):
        assert type(result) is Dimension
        assert result.value is None


def test_true_division_of_a_dimension_asks_for_floor_division() -> None:
    with pytest.raises(TypeError, match="'Dimension' and 'int', please use // instead"):
        Dimension(3) / 2
    with pytest.raises(TypeError, match="'int' and 'Dimension', please use // instead"):
        7 / Dimension(3)


def test_arithmetic_with_what_is_no_dimension_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+"):
        Dimension(3) + "x"


def test_a_dimension_below_zero_cannot_come_out() -> None:
    with raises("Dimension -2 must be >= 0"):
        Dimension(3) - 5


def test_comparing_with_an_unknown_dimension_is_none() -> None:
    known, unknown = Dimension(3), Dimension(None)
    assert (known == 3, known != 4, known < 4, known <= 3, known > 3, known >= Dimension(3)) == (
        (True, True, True, True, False, True)
    )
    for answer in (unknown == 3, unknown != 3, unknown == None, known < None, known >= unknown):  # noqa: E711
        assert answer is None
    assert (known == "3") is False
    assert (known != "3") is True


def test_a_dimension_serves_as_a_python_integer() -> None:
    assert list(range(Dimension(3))) == [0, 1, 2]
    assert int(Dimension(3)) == 3
    assert bool(Dimension(3))
    assert not Dimension(0)
    assert not Dimension(None)
    with pytest.raises(TypeError):
        int(Dimension(None))


def test_a_dimension_prints_as_in_tensorflow_and_cannot_be_a_key() -> None:
    assert repr(Dimension(3)) == "Dimension(3)"
    assert repr(Dimension(None)) == "Dimension(None)"
    assert str(Dimension(None)) == "?"
    with pytest.raises(TypeError, match="unhashable type: 'Dimension'"):
        hash(Dimension(3))


def test_dimensions_merge_if_they_are_compatible() -> None:
    assert Dimension(3).merge_with(None).value == 3
    assert Dimension(None).merge_with(3).value == 3
    assert Dimension(None).is_compatible_with(4)
    with raises("Dimensions 3 and 4 are not compatible"):
        Dimension(3).merge_with(4)


def test_a_tensor_shape_gives_dimensions_when_indexed_or_iterated() -> None:
    shape = TensorShape([2, None])
    assert [type(dimension) for dimension in shape] == [Dimension, Dimension]
    assert [dimension.value for dimension in shape] == [2, None]
    assert shape[-2].value == 2
    assert (shape.ndims, shape.rank, len(shape)) == (2, 2, 2)
    assert shape.as_list() == [2, None]
    with pytest.raises(IndexError):
        shape[5]


def test_a_slice_of_a_tensor_shape_is_a_tensor_shape() -> None:
    assert TensorShape([1, 2, 3])[1:] == TensorShape([2, 3])
    assert TensorShape([1, 2, 3])[0:3:2] == TensorShape([1, 3])
    assert TensorShape(None)[1:3] == TensorShape([None, None])
    assert TensorShape(None)[1:].ndims is None
    assert TensorShape(None)[:-1].ndims is None
    with raises("Steps are not yet handled"):
        TensorShape(None)[0:4:2]


def test_a_tensor_shape_of_unknown_rank_says_so() -> None:
    unknown = TensorShape(None)
    assert unknown.dims is None
    assert unknown.ndims is None
    assert unknown[3].value is None
    assert not unknown
    assert TensorShape([])
    with raises("Cannot take the length of shape with unknown rank."):
        len(unknown)
    with raises("Cannot iterate over a shape with unknown rank."):
        iter(unknown)
    with raises("as_list() is not defined on an unknown TensorShape."):
        unknown.as_list()


def test_tensor_shapes_are_equal_if_they_say_the_same() -> None:
    assert TensorShape([2, None]) == TensorShape([2, None]) == [2, None]
    assert TensorShape([2, 3]) == (2, 3)
    assert TensorShape([2]) == 2
    assert TensorShape(None) == None  # noqa: E711
    assert TensorShape(None) != [1]
    assert TensorShape([2]) != [3]
    assert TensorShape([2]) != "x"
    assert TensorShape([2]) != object()


def test_equal_tensor_shapes_are_one_dictionary_key() -> None:
    assert {TensorShape([2, None]): 1}[TensorShape([2, None])] == 1
    assert hash(TensorShape([2])) == hash((2,))


def test_tensor_shapes_print_as_in_tensorflow() -> None:
    assert repr(TensorShape([2, None])) == "TensorShape([Dimension(2), Dimension(None)])"
    assert repr(TensorShape(None)) == "TensorShape(None)"
    assert str(TensorShape([2, None])) == "(2, ?)"


def test_tensor_shapes_survive_copying_and_pickling() -> None:
    for shape in (TensorShape([2, None]), TensorShape(None), TensorShape([])):
        assert pickle.loads(pickle.dumps(shape)) == copy.deepcopy(shape) == shape
    assert pickle.loads(pickle.dumps(Dimension(None))).value is None


def test_tensor_shapes_merge_and_concatenate() -> None:
    assert TensorShape([2, None]).merge_with([2, 3]) == [2, 3]
    assert TensorShape([2]).concatenate([3, 4]) == [2, 3, 4]
    assert TensorShape([2]).concatenate(None).ndims is None
    assert TensorShape([2]) + [3] == [2, 3]  # noqa: RUF005
    assert [3] + TensorShape([2]) == TensorShape([3, 2])  # noqa: RUF005
    assert (3,) + TensorShape([2]) == TensorShape([3, 2])  # noqa: RUF005
    assert TensorShape([2, None]).is_compatible_with([None, 3])
    assert not TensorShape([2]).is_compatible_with([2, 3])


def test_the_most_specific_compatible_shape_keeps_what_both_say() -> None:
    assert TensorShape([2, 3]).most_specific_compatible_shape([2, 4]) == [2, None]
    assert TensorShape([2, None]).most_specific_compatible_shape([2, None]) == [2, None]
    assert TensorShape([2, None]).most_specific_compatible_shape([2]).ndims is None


def test_the_assertions_of_tensor_shape_use_the_words_of_tensorflow() -> None:
    shape = TensorShape([2])
    with raises("Shapes (2,) and (3,) are not compatible"):
        shape.merge_with([3])
    with raises("Shapes (2,) and (3, 4) are not compatible"):
        shape.merge_with([3, 4])
    with raises("Shapes (2,) and (3,) are incompatible"):
        shape.assert_is_compatible_with(TensorShape([3]))
    with raises("Shapes (2,) and (3, ?) must have the same rank"):
        shape.assert_same_rank([3, None])
    with raises("Shape (2,) must have rank 3"):
        shape.assert_has_rank(3)
    with raises("Shape (2,) must have rank 3"):
        shape.with_rank(3)
    with raises("Shape (2,) must have rank at least 3"):
        shape.with_rank_at_least(3)
    with raises("Shape (2,) must have rank at most 0"):
        shape.with_rank_at_most(0)
    with raises("Shape (2, ?) is not fully defined"):
        TensorShape([2, None]).assert_is_fully_defined()


def test_the_assertions_of_tensor_shape_pass_what_fits() -> None:
    shape = TensorShape([2])
    shape.assert_has_rank(1)
    shape.assert_same_rank(None)
    shape.assert_is_fully_defined()
    shape.assert_is_compatible_with([None])
    TensorShape(None).assert_has_rank(7)
    assert TensorShape(None).with_rank(2) == [None, None]
    assert shape.with_rank_at_least(1) is shape.with_rank_at_most(1) is shape


def test_the_compatibility_functions_of_tensorflow_are_there() -> None:
    assert shapes.dimension_value(Dimension(3)) == shapes.dimension_value(3) == 3
    assert shapes.dimension_value(None) is None
    assert shapes.dimension_at_index(TensorShape([2, 3]), 1).value == 3
    assert shapes.dimension_at_index(TensorShape(None), 0).value is None
    assert shapes.as_shape([2]) == TensorShape([2])
    assert shapes.as_dimension(3).value == 3
    assert shapes.unknown_shape().ndims is None
    assert shapes.unknown_shape(2) == shapes.unknown_shape(ndims=2) == TensorShape([None, None])
