"""Messages that differ from an earlier one in few places: read as protobuf reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto import config_pb2

import tensormill.api as tf
from tensormill.distributed.message_layouts import MessageLayouts
from tensormill.distributed.run_step_codec import (
    RunStepReplies,
    RunStepWriter,
    read_run_step_reply,
)
from tensormill.distributed.run_step_request import RunStepRequests
from tensormill.distributed.value_codec import named_value_pieces
from tensormill.graph import errors
from tensormill.proto import master_pb2
from tensormill.runtime.plan.instructions import Form

LIMIT = 1 << 30


def view(message: bytes) -> memoryview:
    return memoryview(bytearray(message))


def test_a_message_is_known_by_all_that_is_not_in_a_hole() -> None:
    layouts: MessageLayouts[str] = MessageLayouts()
    layouts.note(view(b"ab12cd"), [(2, 4)], "one")
    layouts.note(view(b"xb12cd"), [(2, 4)], "other")
    found = [layouts.find(view(text)) for text in (b"ab99cd", b"xb99cd", b"ab99ce", b"ab99cdd")]
    assert [layout and layout.meaning for layout in found] == ["one", "other", None, None]


def test_a_size_is_worth_noting_when_it_comes_again() -> None:
    layouts: MessageLayouts[str] = MessageLayouts()
    assert [layouts.is_worth_noting(view(b"ab")) for _ in range(3)] == [False, True, True]


def test_layouts_are_few_and_small() -> None:
    layouts: MessageLayouts[int] = MessageLayouts()
    for size in range(1, 2000):
        layouts.note(view(bytes(size)), [], size)
    for number in range(100):
        layouts.note(view(bytes([number, 1])), [], number)
    layouts.note(view(bytes(1 << 20)), [], -1)
    known = sum(layouts.find(view(bytes(size))) is not None for size in range(3, 2000))
    assert known < 300
    assert layouts.find(view(bytes([99, 1]))) is not None
    assert layouts.find(view(bytes([1, 1]))) is None
    assert layouts.find(view(bytes(1 << 20))) is None


def facts(request: Any) -> tuple[Any, ...]:
    fed = [feed.value(Form.HOST, LIMIT) for feed in request.fed]
    return (
        request.session_handle,
        request.feeds,
        [(str(value.dtype), np.shape(value), np.asarray(value).tolist()) for value in fed],
        request.fetches,
        request.targets,
        request.options.SerializeToString(),
        request.wants_errors_in_body,
        request.request_id,
    )


FED: dict[str, list[Any]] = {
    "nothing": [],
    "a scalar": [np.float32(3)],
    "an empty array": [np.zeros([0, 2], np.float32)],
    "a large array": [np.arange(40_000, dtype=np.int64)],
    "strings": [np.array([b"a", b"bc"], object)],
    "several": [np.arange(3), np.arange(20_000, dtype=np.float64).reshape(2, -1), np.bool_(True)],
}


@pytest.mark.parametrize("fed", FED)
@pytest.mark.parametrize(
    "options", [b"", config_pb2.RunOptions(timeout_in_ms=5).SerializeToString()]
)
def test_requests_that_come_again_say_the_same(fed: str, options: bytes) -> None:
    values = FED[fed]
    placeholders = [tf.placeholder(tf.as_dtype(np.asarray(v).dtype)) for v in values]
    writer = RunStepWriter("session", placeholders, ["y:0"], ["target"])
    requests = RunStepRequests()
    for number in range(5):
        given = [
            value if fed == "strings" else value + value.dtype.type(number) for value in values
        ]
        message = b"".join(writer.write(given, options))
        expected = facts(RunStepRequests().read(view(message)))
        assert facts(requests.read(view(message))) == expected
        assert expected[2] == [
            (str(np.asarray(v).dtype), np.shape(v), np.asarray(v).tolist()) for v in given
        ]
    known = requests._layouts.find(view(message))
    assert (known is not None) == (fed not in ("an empty array", "strings"))


def test_requests_of_one_size_are_told_apart() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    requests = RunStepRequests()
    for _ in range(3):
        for name in ("a:0", "b:0", "c:0"):
            message = b"".join(RunStepWriter("session", [x], [name]).write([np.float32(1)]))
            assert requests.read(view(message)).fetches == (name,)


def test_a_known_tensor_of_the_wrong_dtype_is_refused_as_any_other() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    message = b"".join(RunStepWriter("session", [x], ["y:0"]).write([np.float32(1)]))
    requests = RunStepRequests()
    texts = set()
    for _ in range(3):
        (feed,) = requests.read(view(message)).fed
        feed.check_dtype(tf.float32, "x:0")
        with pytest.raises(errors.InternalError) as refused:
            feed.check_dtype(tf.int32, "x:0")
        with pytest.raises(errors.InvalidArgumentError, match="too large"):
            feed.value(Form.TENSOR, 3)
        texts.add(refused.value.message)
    assert len(texts) == 1


def test_partial_runs_are_read_whole() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    writer = RunStepWriter("session", [x], ["y:0"], partial_run_handle="run")
    requests = RunStepRequests()
    for _ in range(3):
        request = requests.read(view(b"".join(writer.write([np.float32(1)]))))
        assert request.partial_run.partial_run_handle == "run"


def test_replies_that_come_again_say_the_same() -> None:
    replies = RunStepReplies()
    for number in range(5):
        small = np.float32([number, 2])
        large = np.full([300, 100], number, np.int64)
        pieces = [
            *named_value_pieces(1, "small:0", small, tf.float32),
            *named_value_pieces(1, "large:0", large, tf.int64),
        ]
        message = view(b"".join(pieces))
        reply, expected = replies.read(message), read_run_step_reply(message)
        assert reply.values.keys() == expected.values.keys()
        for name, value in reply.values.items():
            np.testing.assert_array_equal(value, expected.values[name])
            assert value.dtype == expected.values[name].dtype
            assert value.flags.writeable
    assert replies._layouts.find(message) is not None


@pytest.mark.parametrize(
    "extra",
    [
        master_pb2.RunStepResponse(status_code=3, status_error_message="no"),
        master_pb2.RunStepResponse(metadata=config_pb2.RunMetadata(partition_graphs=[{}])),
    ],
    ids=["an error", "metadata"],
)
def test_replies_that_say_more_are_read_whole(extra: Any) -> None:
    replies = RunStepReplies()
    pieces = named_value_pieces(1, "x:0", np.float32(1), tf.float32)
    message = view(b"".join([*pieces, extra.SerializeToString()]))
    for _ in range(3):
        reply = replies.read(message)
        assert reply.status_code == extra.status_code
        assert (reply.metadata is not None) == extra.HasField("metadata")
