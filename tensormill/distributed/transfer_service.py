"""`TransferService`: takes the values that other tasks push here as soon as they have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensormill.distributed.call import Call, Handler, reads_itself
from tensormill.distributed.push_codec import read_push
from tensormill.proto import transfers_pb2
from tensormill.runtime.rendezvous import KeyedValue, RendezvousTable
from tensormill.runtime.step import in_turns

__all__ = ["TransferService"]


class TransferService:
    """The values that come to one worker."""

    def __init__(self, rendezvous: RendezvousTable) -> None:
        self._rendezvous = rendezvous

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {"Push": reads_itself(self._push)}

    def deliver(self, step_id: int, values: Sequence[KeyedValue]) -> None:
        """Hand values to who waits for them; their programs go on when all are handed over."""
        in_turns(lambda: self._rendezvous.push(step_id, values))

    def _push(self, message: memoryview, call: Call) -> None:
        self.deliver(*read_push(message))
        call.reply(transfers_pb2.PushResponse())
