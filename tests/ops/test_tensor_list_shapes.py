"""Shapes of the elements of lists of tensors that do not go together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tensormill.api as tf
from tensormill.ops import tensor_lists


def _listed(element_shape: Any, *items: Any) -> Any:
    made = tensor_lists.empty_tensor_list(element_shape, tf.float32)
    for item in items:
        made = tensor_lists.tensor_list_push_back(made, item)
    return made


def _stacked(handle: Any) -> Any:
    return tensor_lists.tensor_list_stack(handle, element_dtype=tf.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: _stacked(_listed(None, 1.0, [2.0, 3.0])),
            "Incompatible ranks during merge: 0 vs. 1",
        ),
        (
            lambda: _stacked(_listed([None], [1.0], [2.0, 3.0])),
            r"Incompatible shapes during merge: \[1\] vs. \[2\]",
        ),
        (
            lambda: _stacked(tensor_lists.tensor_list_reserve(None, 3, tf.float32)),
            "only contains uninitialized tensors and has a non-fully-defined element_shape: <unk",
        ),
        (lambda: _listed([], [1.0, 2.0]), "Tried to append a tensor with incompatible shape"),
    ],
)
def test_the_step_says_which_shapes_do_not_fit(make: Callable[[], Any], message: str) -> None:
    made = make()
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(made.op)
