"""Numbers that a GPU would only be asked for again stay in host memory."""

from __future__ import annotations

import pytest

import tensormill.api as tf
from tests.runtime.plans import instructions_of


@pytest.fixture(autouse=True)
def _one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")


@pytest.mark.parametrize(("dtype", "is_on_host"), [(tf.int32, True), (tf.float32, False)])
def test_scalars_of_int32_are_computed_on_the_host(dtype: tf.DType, is_on_host: bool) -> None:
    with tf.device("/gpu:0"):
        x = tf.placeholder(dtype, [])
        total = x * 3 + 1
    with tf.Session() as session:
        made = instructions_of(session, [total], [x])
        assert [i.expression is not None for i in made if not i.is_conversion] == [is_on_host] * 2
        assert session.run(total, {x: 5}) == 16


def test_a_size_is_at_hand_where_it_is_needed() -> None:
    with tf.device("/gpu:0"):
        x = tf.placeholder(tf.float32, [None, 3])
        halves = tf.reshape(x, [tf.shape(x)[0] // 2, 6])
    with tf.Session() as session:
        made = instructions_of(session, [halves], [x])
        assert not [i for i in made if i.is_conversion and i.node.op_type != "Reshape"]
        assert session.run(halves, {x: [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]}).shape == (1, 6)


def test_a_loop_on_a_gpu_counts_on_the_host() -> None:
    with tf.device("/gpu:0"):
        limit = tf.placeholder(tf.int32, [])
        _, total = tf.while_loop(
            lambda count, _: count < limit, lambda count, t: (count + 1, t + 2.0), [0, 0.0]
        )
    with tf.Session() as session:
        (loop,) = [i for i in instructions_of(session, [total], [limit]) if hasattr(i, "body")]
        counting = [i for i in loop.body if i.node.op_type in ("Add", "AddV2")]
        assert sum(i.expression is not None for i in counting) == 1
        assert session.run(total, {limit: 4}) == 8.0
