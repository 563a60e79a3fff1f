"""Values that no message can hold come in parts before the step that is fed them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.distributed import remote_master_session, remote_steps
from tensormill.distributed.fed_values import STORED_VERSION, WrittenTensor
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.stored_feeds import StoredFeeds
from tensormill.graph import dtypes, errors
from tensormill.runtime.plan.instructions import Form
from tensormill.testing.server_process import ServerProcess


@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_large_feeds_come_in_parts(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    monkeypatch.setattr(remote_steps, "_MOST_FED_BYTES", 1000)
    monkeypatch.setattr(remote_steps, "_LARGE_BYTES", 100)
    monkeypatch.setattr(remote_master_session, "_PART_BYTES", 333)
    given, other = tf.placeholder(tf.float32, [None, 7]), tf.placeholder(tf.int32, [])
    kept = tf.Variable(given, validate_shape=False, trainable=False, collections=[])
    product = given * tf.cast(other, tf.float32)
    data = np.random.RandomState(0).uniform(size=(500, 7)).astype(np.float32)
    with ServerProcess() as server, tf.Session(server.target) as session:
        for factor in range(5):
            found = session.run(product, {given: data, other: factor})
            np.testing.assert_array_equal(found, data * factor)
        turned = np.asfortranarray(data)
        np.testing.assert_array_equal(session.run(product, {given: turned, other: 2}), data * 2)
        session.run(kept.initializer, {given: data})
        np.testing.assert_array_equal(session.run(kept), data)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(tf.reshape(given, [3]), {given: data})


def _reference(feed_id: int, *sizes: int, dtype: Any = dtypes.float32) -> WrittenTensor:
    proto = tf.make_tensor_proto(0, dtypes.int32)
    proto.Clear()
    proto.dtype = dtype.as_datatype_enum
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    proto.version_number = STORED_VERSION
    proto.uint64_val.append(feed_id)
    return WrittenTensor(proto)


def test_a_value_is_there_once_and_as_a_whole() -> None:
    feeds = StoredFeeds(ServerLimits(fed_bytes=40))
    content = np.arange(5, dtype=np.float32).tobytes()
    feeds.add(1, 20, 0, content[:12])
    with pytest.raises(errors.InvalidArgumentError, match="as a whole"):
        feeds.resolve([_reference(1, 5)])
    feeds.add(2, 20, 0, content[:12])
    feeds.add(2, 20, 12, content[12:])
    (tensor,) = feeds.resolve([_reference(2, 5)])
    np.testing.assert_array_equal(tensor.value(Form.HOST, 0), np.arange(5, dtype=np.float32))
    with pytest.raises(errors.InvalidArgumentError, match="as a whole"):
        feeds.resolve([_reference(2, 5)])


@pytest.mark.parametrize(("size", "offset", "count"), [(20, 4, 4), (20, 0, 24), (20, -4, 4)])
def test_parts_follow_each_other(size: int, offset: int, count: int) -> None:
    feeds = StoredFeeds(ServerLimits())
    with pytest.raises(errors.InvalidArgumentError, match="Part of a value"):
        feeds.add(1, size, offset, bytes(count))


def test_a_session_may_not_store_without_end() -> None:
    feeds = StoredFeeds(ServerLimits(fed_bytes=30))
    feeds.add(1, 20, 0, bytes(4))
    for size in (11, -1, 1 << 62):
        with pytest.raises(errors.ResourceExhaustedError):
            feeds.add(2, size, 0, b"")
    feeds.add(3, 10, 0, bytes(10))


@pytest.mark.parametrize(("sizes", "dtype"), [((6,), dtypes.float32), ((5,), dtypes.string)])
def test_a_value_fits_what_refers_to_it(sizes: tuple[int, ...], dtype: Any) -> None:
    feeds = StoredFeeds(ServerLimits())
    feeds.add(1, 20, 0, bytes(20))
    (tensor,) = feeds.resolve([_reference(1, *sizes, dtype=dtype)])
    with pytest.raises(errors.InvalidArgumentError, match="parts"):
        tensor.value(Form.HOST, 0)
