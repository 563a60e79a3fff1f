"""`tf.nest`."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import pytest

import tensormill as tf
from tensormill.graph import nest
from tensormill.tensorflow_modules import nest_functions

Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("structure", "leaves"),
    [
        (1, [1]),
        ([], []),
        ([1, (2, [3])], [1, 2, 3]),
        ({"b": 1, "a": [2, 3]}, [2, 3, 1]),
        (Pair(1, {"x": 2}), [1, 2]),
        ("text", ["text"]),
        (None, [None]),
    ],
)
def test_a_structure_is_flattened_and_packed(structure: Any, leaves: list[Any]) -> None:
    assert tf.nest.flatten(structure) == leaves
    assert tf.nest.pack_sequence_as(structure, leaves) == structure


def test_packing_keeps_types_and_the_order_of_keys() -> None:
    structure = OrderedDict([("b", 1), ("a", Pair(2, (3,)))])
    packed = tf.nest.pack_sequence_as(structure, ["x", "y", "z"])
    assert packed == OrderedDict([("b", "z"), ("a", Pair("x", ("y",)))])
    assert type(packed) is OrderedDict
    assert list(packed) == ["b", "a"]


def test_a_wrong_number_of_leaves_is_refused() -> None:
    with pytest.raises(ValueError, match="Structure had 2 elements, but flat_sequence had 1"):
        tf.nest.pack_sequence_as([1, 2], [1])
    with pytest.raises(ValueError, match="Structure is a scalar"):
        tf.nest.pack_sequence_as(1, [1, 2])
    with pytest.raises(TypeError):
        tf.nest.pack_sequence_as([1], 3)


def test_functions_are_mapped_over_structures() -> None:
    assert tf.nest.map_structure(lambda x, y: x + y, {"a": [1, 2]}, {"a": [3, 4]}) == {"a": [4, 6]}
    with pytest.raises(TypeError, match="callable"):
        tf.nest.map_structure(3, [1])
    with pytest.raises(ValueError, match="at least one structure"):
        tf.nest.map_structure(str)


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        ([1], [1, 2], ValueError),
        ([1], 1, ValueError),
        ([1], (1,), TypeError),
        ({"a": 1}, {"b": 1}, ValueError),
        ([[1], 2], [1, [2]], ValueError),
    ],
)
def test_structures_that_differ_are_refused(a: Any, b: Any, error: Any) -> None:
    with pytest.raises(error):
        tf.nest.assert_same_structure(a, b)


def test_types_need_not_count() -> None:
    tf.nest.assert_same_structure([1, [2]], (1, (2,)), check_types=False)


def test_a_deep_structure_is_flattened() -> None:
    structure: Any = 1
    for _ in range(100_000):
        structure = [structure]
    assert tf.nest.flatten(structure) == [1]
    while isinstance(structure, list):  # Python itself frees nested lists by recursion
        structure = structure[0]


@pytest.mark.parametrize(
    ("first", "second", "error", "reason"),
    [
        ({"a": 1}, {"b": 1}, ValueError, "don't have the same set of keys"),
        ([1, [2]], [1, (2,)], TypeError, "don't have the same sequence type"),
        ([1], [1, 2], ValueError, "Second structure"),
    ],
)
def test_structures_that_differ_are_told_as_tensorflow_does(
    first: object, second: object, error: type[Exception], reason: str
) -> None:
    text = "The two structures don't have the same nested structure.*" + reason
    with pytest.raises(error, match=f"(?s){text}"):
        nest.assert_same_structure(first, second)


_SHALLOW = (
    ([1], (2,), TypeError, "Input structure has type <class 'tuple'>, while shallow structure"),
    ([1, 2], [1, 2, 3], ValueError, "has length 3, while shallow structure has length 2"),
    ({"d": 1}, {"a": 2}, ValueError, r"not in the input_tree: \['d'\]"),
    ([1, 2], 5, TypeError, "input must also be a sequence. Input has type: <class 'int'>"),
)


@pytest.mark.parametrize(("shallow", "tree", "error", "text"), _SHALLOW)
def test_a_structure_must_begin_as_the_shallow_one(
    shallow: Any, tree: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        nest_functions.flatten_up_to(shallow, tree)


def test_parts_below_a_shallow_structure_have_paths() -> None:
    found = nest_functions.flatten_with_tuple_paths_up_to(
        {"a": {"b": None}, "c": 1}, {"a": {"b": [3]}, "c": (4, 5)}
    )
    assert found == [(("a", "b"), [3]), (("c",), (4, 5))]
    made = nest_functions.map_structure_with_tuple_paths_up_to(
        [None, [None]], lambda path, part: (path, part), [1, [(2, 3)]]
    )
    assert made == [((0,), 1), [((1, 0), (2, 3))]]


def test_a_function_says_how_deep_a_structure_is_walked() -> None:
    def is_no_tuple(part: Any) -> bool:
        return not isinstance(part, tuple)

    walk = nest_functions.get_traverse_shallow_structure
    assert walk(is_no_tuple, [[[(3, 4)], 5], 6]) == [[[False], True], True]
    with pytest.raises(TypeError, match="didn't return a depth=1 structure"):
        walk(lambda part: [[True]], [[1]])
    with pytest.raises(TypeError, match="returned structure"):
        walk(lambda part: [True], 0)


def test_the_first_place_where_structures_differ_is_told() -> None:
    with pytest.raises(ValueError) as raised:
        nest.assert_same_structure(((1, 2), 3, 4), ("spam", 3))
    assert str(raised.value).endswith(
        'More specifically: Substructure "type=tuple str=(1, 2)" is a sequence, while substructure '
        '"type=str str=spam" is not\nEntire first structure:\n((., .), ., .)\n'
        "Entire second structure:\n(., .)"
    )
    with pytest.raises(ValueError, match="same number of elements"):
        nest.map_structure(print, (1, 2), (1, 2, 3))
    with pytest.raises(ValueError, match=r"Only valid keyword argument.*foo"):
        nest.map_structure(print, (1,), foo="a")


def test_values_made_of_several_tensors_are_structures_where_asked() -> None:
    sparse = tf.SparseTensor([[0]], [1.0], [5])
    assert nest.flatten([sparse]) == [sparse]
    assert nest.flatten([sparse], expand_composites=True) == [
        sparse.indices,
        sparse.values,
        sparse.dense_shape,
    ]
    made = nest.map_structure(tf.identity, {"x": sparse}, expand_composites=True)
    assert made["x"].values.op.type == "Identity"
    other = tf.SparseTensor([[0]], [1], [5])
    with pytest.raises(TypeError, match="Incompatible CompositeTensor TypeSpecs"):
        nest.assert_same_structure(sparse, other, expand_composites=True)
