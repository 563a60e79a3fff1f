"""`DepartedMasters`: finds the sessions of masters that have gone without closing them.

A master says with each session who it is, and which incarnation. A worker that has sessions of
others asks their masters now and then whether they are still there; a master that was started anew
has lost its sessions, too.

Source: TensorFlow 2.21, core/distributed_runtime/worker_session.cc, which looks at a master's
incarnation when it opens its next session, and keeps the sessions of one that never does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.reachability import REFUSED, why_unreachable
from tensormill.graph import tf_logging
from tensormill.graph.errors import OpError
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.waiting import ask_all
from tensormill.runtime.worker_link import WorkerLink

__all__ = ["DepartedMasters", "MasterName"]

_ASK_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class MasterName:
    """A master, as it names itself.

    Attributes:
      task: its task.
      incarnation: that of a device of the task, signed.
    """

    task: str
    incarnation: int


@dataclass(slots=True)
class _Sessions:
    """The sessions of one master.

    Attributes:
      handles: their names.
      silent_since_s: since when the master has not answered; None where it has.
    """

    handles: set[str] = field(default_factory=set)
    silent_since_s: float | None = None


class DepartedMasters:
    """The masters that have sessions on one worker, and whether they are still there."""

    def __init__(
        self,
        way_to: Callable[[str], tuple[WorkerLink, str] | None],
        delete: Callable[[str], None],
        run_slowly: Callable[[Callable[[], None]], None],
        limits: ServerLimits,
    ) -> None:
        """Look after no master yet.

        Args:
          way_to: returns the way to a task and its address, or None where there is no such task.
          delete: deletes a session of the worker.
          run_slowly: runs a function on a thread that may wait.
          limits: how often masters are asked, and how long they may be silent.
        """
        self._way_to = way_to
        self._delete = delete
        self._run_slowly = run_slowly
        self._limits = limits
        self._scope = CancellationScope()
        self._lock = threading.Lock()
        self._masters: dict[MasterName, _Sessions] = {}  # guarded by _lock
        self._call_off: Callable[[], None] | None = None  # guarded by _lock
        self._is_closed = False  # guarded by _lock

    def note(self, handle: str, master: MasterName) -> None:
        """Take note of a session; those of an earlier incarnation of its master are deleted."""
        with self._lock:
            older = [m for m in self._masters if m.task == master.task and m != master]
            self._masters.setdefault(master, _Sessions()).handles.add(handle)
            self._schedule()
        for gone in older:
            self._drop(gone, "was started anew")

    def forget(self, handle: str) -> None:
        """Forget a session that its master has closed."""
        with self._lock:
            for master, sessions in list(self._masters.items()):
                sessions.handles.discard(handle)
                if not sessions.handles:
                    del self._masters[master]

    def close(self) -> None:
        """Look after nobody any more. Idempotent."""
        with self._lock:
            self._is_closed = True
            if self._call_off is not None:
                self._call_off()
        self._scope.cancel("The server was stopped.")

    def _schedule(self) -> None:
        """See to it that the masters are asked; called with the lock."""
        if self._call_off is None and self._masters and not self._is_closed:
            later = self._limits.master_check_s
            self._call_off = DEADLINES.after(later, lambda: self._run_slowly(self._look))

    def _look(self) -> None:
        self.check()
        with self._lock:
            self._call_off = None
            self._schedule()

    def check(self) -> None:
        """Ask all masters whether they are there, and delete the sessions of those that are not."""
        with self._lock:
            masters = list(self._masters)
        for master in masters:
            why = self._why_gone(master)
            if why is not None:
                self._drop(master, why)

    def _why_gone(self, master: MasterName) -> str | None:
        """Return why a master is taken for gone, or None."""
        way = self._way_to(master.task)
        if way is None:
            return None
        link, address = way
        if why_unreachable(address) == REFUSED:
            return REFUSED
        try:
            found = ask_all(
                {master.task: link.list_devices}, self._scope, "GetStatus", _ASK_TIMEOUT_S
            )
        except OpError:
            return self._why_silent(master)
        with self._lock:
            sessions = self._masters.get(master)
            if sessions is not None:
                sessions.silent_since_s = None
        known = {device.incarnation & _MASK for device in found[master.task]}
        return None if master.incarnation & _MASK in known else "was started anew"

    def _why_silent(self, master: MasterName) -> str | None:
        now_s = time.monotonic()
        with self._lock:
            sessions = self._masters.get(master)
            if sessions is None:
                return None
            if sessions.silent_since_s is None:
                sessions.silent_since_s = now_s
            silent_s = now_s - sessions.silent_since_s
        if silent_s < self._limits.master_patience_s:
            return None
        return f"has not answered for {silent_s:.0f} s"

    def _drop(self, master: MasterName, why: str) -> None:
        with self._lock:
            sessions = self._masters.pop(master, None)
        for handle in () if sessions is None else sessions.handles:
            tf_logging.info("session %s of master %s is deleted: %s", handle, master.task, why)
            self._delete(handle)


_MASK = (1 << 64) - 1
