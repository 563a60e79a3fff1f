"""`TransferService`: takes the values that other tasks push here as soon as they have them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from tensormill.distributed.call import Call, Handler, Peer, reads_itself
from tensormill.distributed.push_codec import read_push
from tensormill.graph import errors
from tensormill.runtime.rendezvous import KeyedValue, RendezvousTable, deliver
from tensormill.runtime.rendezvous_keys import task_of
from tensormill.runtime.step import in_turns

__all__ = ["TransferService"]


class TransferService:
    """The values that come to one worker."""

    def __init__(self, rendezvous: RendezvousTable) -> None:
        self._rendezvous = rendezvous
        self._lock = threading.Lock()
        self._senders: dict[Peer, set[str]] = {}  # tasks by connection; guarded by _lock

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers of the methods by which values come."""
        return {"Push": reads_itself(self._push)}

    def deliver(self, step_id: int, values: Sequence[KeyedValue]) -> None:
        """Hand values to who waits for them; their programs go on when all are handed over."""
        deliveries = self._rendezvous.accept(step_id, values)
        if deliveries:
            in_turns(lambda: deliver(deliveries))

    def sender_gone(self, peer: Peer) -> None:
        """Fail what waits for values of the tasks that pushed them over a connection."""
        with self._lock:
            tasks = self._senders.pop(peer, set())
        for task in tasks:
            self._rendezvous.fail_from(
                task, errors.unavailable(f"The connection from task {task} has ended")
            )

    def _push(self, message: memoryview, call: Call) -> None:
        step_id, values = read_push(message)
        if values and call.peer is not None:
            self._note_sender(call.peer, task_of(values[0][0].partition(";")[0]))
        self.deliver(step_id, values)
        call.reply([])

    def _note_sender(self, peer: Peer, task: str) -> None:
        known = self._senders.get(peer)
        if known is None or task not in known:
            with self._lock:
                self._senders.setdefault(peer, set()).add(task)
