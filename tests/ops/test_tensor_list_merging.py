"""Lists of tensors: which shapes they take together, and what they say of those that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.ops import tensor_lists as lists


def empty(dims: Any) -> Any:
    return lists.empty_tensor_list(dims, tf.float32)


def reserved(dims: Any, count: int = 3) -> Any:
    return lists.tensor_list_reserve(dims, count, tf.float32)


def holding(dims: Any, *values: Any) -> Any:
    made = empty(dims)
    for value in values:
        made = lists.tensor_list_push_back(made, tf.constant(value))
    return made


def stacked(made: Any) -> Any:
    return lists.tensor_list_stack(made, tf.float32)


def gathered(made: Any, indices: list[int]) -> Any:
    return lists.tensor_list_gather(made, indices, tf.float32)


MIXED = (1.0, 2.0, [3.0, 4.0])
FAILURES: dict[str, Callable[[], Any]] = {
    "Incompatible ranks during merge: 0 vs. 1": lambda: stacked(holding(None, *MIXED)),
    "Incompatible ranks during merge: 1 vs. 0": lambda: gathered(holding(None, *MIXED), [2, 0]),
    r"Incompatible shapes during merge: \[1\] vs. \[2\]": lambda: stacked(
        holding([None], [1.0], [2.0, 3.0])
    ),
    r"stack elements of an empty list with non-fully-defined element_shape: \[\?,2\]": (
        lambda: stacked(empty([None, 2]))
    ),
    "only contains uninitialized tensors and has a non-fully-defined element_shape: <unknown>": (
        lambda: stacked(reserved(None))
    ),
    "Trying to gather element 5 in a list with 3 elements": (
        lambda: gathered(holding(None, *MIXED), [5])
    ),
    "gather 0-elements from a list with non-fully-defined shape: <unknown>": (
        lambda: gathered(holding(None, *MIXED), tf.constant([], tf.int32))
    ),
    "gather uninitialized tensors from a list with non-fully-defined element_shape": (
        lambda: gathered(reserved(None), [0])
    ),
    r"append a tensor with incompatible shape to a list. Op element shape: \[1\] list": (
        lambda: lists.tensor_list_length(holding([2], [1.0]))
    ),
    r"Incompatible shapes during merge: \[1,3\] vs. \[\?,2\]": (
        lambda: lists.tensor_list_pop_back_op(
            reserved([None, 2]), [1, 3], element_dtype=tf.float32
        )[1]
    ),
    "at index 0 but leading_dims has only 0 elements": (
        lambda: lists.tensor_list_concat(reserved([None, 3]), tf.float32)
    ),
}


@pytest.mark.parametrize("text", FAILURES)
def test_what_does_not_fit_fails_in_tensorflows_words(text: str) -> None:
    failing = FAILURES[text]()
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=text):
        session.run(failing)


def test_elements_of_open_shapes_go_together_where_they_fit() -> None:
    unset = lists.tensor_list_set_item(reserved(None), 1, [1.0, 2.0])
    values = [
        gathered(holding(None, *MIXED), [1, 0]),
        gathered(holding(None, *MIXED), [2]),
        stacked(unset),
        lists.tensor_list_concat(holding([None], [1.0], [2.0, 3.0]), tf.float32),
        lists.tensor_list_get_item(unset, 0, tf.float32),
        lists.tensor_list_concat(
            lists.tensor_list_set_item(reserved(None, 2), 1, [[1.0, 2.0]]), tf.float32
        ),
    ]
    with tf.Session() as session:
        got = [value.tolist() for value in session.run(values)]
    assert got == [
        [2, 1],
        [[3, 4]],
        [[0, 0], [1, 2], [0, 0]],
        [1, 2, 3],
        [0, 0],
        [[0, 0], [1, 2]],
    ]


def test_a_list_says_no_more_of_its_elements_than_who_made_it() -> None:
    rows = np.zeros([2, 3], np.float32)
    made = [
        holding([None], [1.0], [2.0, 3.0]),
        lists.tensor_list_set_item(reserved([None]), 0, [1.0, 2.0]),
        lists.tensor_list_from_tensor(rows, [None]),
        lists.tensor_list_concat_lists(empty([None, 2]), empty([1, None]), tf.float32),
    ]
    assert [stacked(item).shape.as_list() for item in made] == [[None, None]] * 3 + [[None, 1, 2]]


@pytest.mark.parametrize(
    ("text", "make"),
    [
        ("Trying to push to list with wrong element dtype", lambda: holding([], 1)),
        (
            "input_a.type != element_dtype: float vs. int32",
            lambda: lists.tensor_list_concat_lists(empty([]), empty([]), tf.int32),
        ),
        (
            "but got list with element dtype float",
            lambda: lists.tensor_list_get_item(holding([], 1.0), 0, tf.int32),
        ),
    ],
)
def test_elements_of_another_dtype_are_refused_when_the_graph_is_built(
    text: str, make: Callable[[], Any]
) -> None:
    with pytest.raises(ValueError, match=text):
        make()
