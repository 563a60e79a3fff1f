"""Messages between tasks that are framed by hand: sound ones come through, others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tensormill as tf
from tensormill.distributed.direct_client import CallFailed
from tensormill.distributed.part_run_codec import (
    read_feeds,
    read_part_result,
    read_part_run,
    write_part_result,
    write_part_run,
)
from tensormill.distributed.push_codec import read_push
from tensormill.proto import worker_pb2
from tensormill.runtime.plan.instructions import Form
from tests.clusters import direct_connection, over_wire, running_cluster

READERS: dict[str, Callable[[memoryview], Any]] = {
    "run of a part": read_part_run,
    "result of a part": read_part_result,
    "push": read_push,
}


def joined(pieces: Any) -> memoryview:
    return memoryview(bytearray(b"".join(pieces)))


def sound_messages() -> dict[str, memoryview]:
    kind = worker_pb2.RunGraphRequest(session_handle="s", graph_handle="g", recv_key=["k"])
    value = torch.arange(2.0)
    return {
        "run of a part": joined(
            write_part_run(5, kind.SerializeToString(), ["k"], [tf.float32], [value])
        ),
        "result of a part": joined(write_part_result(["k"], [tf.float32], [value], [("p", value)])),
        "push": joined([b"\x05" + bytes(7), *write_part_result(["k"], [tf.float32], [value], [])]),
    }


SOUND = sound_messages()


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_what_is_no_message_is_refused(kind: str, data: Any) -> None:
    message = bytearray(SOUND[kind])
    cut = data.draw(st.integers(0, len(message)))
    changed = data.draw(st.dictionaries(st.integers(0, len(message) - 1), st.integers(0, 255)))
    for place, byte in changed.items():
        message[place] = byte
    try:
        READERS[kind](memoryview(message)[:cut])
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        pass


def test_a_run_of_a_part_wants_all_its_feeds_and_no_others() -> None:
    run = read_part_run(SOUND["run of a part"])
    assert (run.step_id, run.kind.graph_handle, run.kind.fetch_keys) == (5, "g", ("k",))
    (fed,) = read_feeds(run, {"k": 0}, [Form.TENSOR])
    assert fed.tolist() == [0.0, 1.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Values are missing for other"):
        read_feeds(run, {"k": 0, "other": 1}, [Form.TENSOR, Form.TENSOR])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Nothing in the graph receives k"):
        read_feeds(run, {}, [])


def test_what_a_part_sends_to_its_caller_comes_with_the_result() -> None:
    values, pushed = read_part_result(SOUND["result of a part"])
    assert [value.tolist() for value in values] == [[0.0, 1.0]]
    assert [(key, value.tolist()) for key, value in pushed] == [("p", [0.0, 1.0])]


@pytest.mark.usefixtures("direct_lane")
@pytest.mark.parametrize("method", ["RunPart", "Push"])
def test_a_server_refuses_what_is_no_message_and_goes_on(method: str) -> None:
    with running_cluster(worker=1) as cluster:
        with tf.device("/job:worker/task:0"):
            total = tf.add(tf.placeholder_with_default(1.0, []), 1.0)
        with tf.Session(cluster.target("worker"), config=over_wire()) as session:
            assert session.run(total) == 2.0
            direct = direct_connection(session)
            path = f"/tensormill.TransferService/{method}"
            for message in (b"", b"\xff" * 7, b"\xff" * 64, bytes(64)):
                if method == "Push":
                    direct.tell(path, [message])
                else:
                    with pytest.raises(CallFailed, match=r"too short|parsed|not found|Cannot read"):
                        direct.call(path, [message])
            assert session.run(total) == 2.0
