"""`DirectClient`: calls over a socket that stays open between two tensormill processes.

A thread that calls while nothing else is under way reads its own answer, so that no other thread
has to be woken. As soon as calls overlap, or one is begun without waiting, a thread of the
connection's own reads from then on. Who expects the answers of calls that were begun may take its
turn and read them instead.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tensormill.distributed.deliveries import NO_RECEIPT
from tensormill.distributed.direct_frames import (
    LIVING_ON,
    NO_ANSWER,
    ConnectionBroken,
    Frame,
    FrameKind,
    FrameSocket,
    Piece,
)
from tensormill.distributed.reading_turns import ReadingTurns
from tensormill.graph import tf_logging
from tensormill.runtime.brief_watch import BriefWatch
from tensormill.runtime.interrupts import SIGNAL_CHECK_S, wait_interruptibly

__all__ = ["CallFailed", "DirectClient", "Outcome", "Receipt", "Reply"]

_MAX_TIMEOUT_MS = (1 << 32) - 1
_CLOSED = "the connection is closed"
# Numbers, which compare faster than members of an enum.
_REPLY, _NOTICE = int(FrameKind.REPLY), int(FrameKind.NOTICE)


class Receipt:
    """What the other side wants to be told of an answer: once, that somebody has it, or nobody."""

    __slots__ = ("_call", "_code", "_frames")

    def __init__(self, frames: FrameSocket, code: int, call: int) -> None:
        self._frames = frames
        self._code = code
        self._call = call

    def confirm(self) -> None:
        """Say that the answer has come to who asked."""
        self._frames.confirm(self._code, self._call)

    def refuse(self) -> None:
        """Say that nobody has got it."""
        self._frames.refuse(self._call)

    def forsake(self) -> None:
        """Say the same: who asked is gone, and did not say that it has it."""
        self.refuse()


@dataclass(slots=True)
class Reply:
    """An answer.

    Attributes:
      data: the response message.
      trailer: the facts of an error that the response speaks of; empty where there is none.
      receipt: what is to be told of it, if something is.
    """

    data: memoryview
    trailer: bytes
    receipt: Receipt | None = None


class CallFailed(Exception):
    """The call failed.

    Attributes:
      code: TensorFlow's code.
      text: what went wrong.
      trailer: the facts of the error, or empty.
    """

    def __init__(self, code: int, text: str, trailer: bytes = b"") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.trailer = trailer


Outcome = Reply | CallFailed | ConnectionBroken
OnDone = Callable[[Outcome], None]


class DirectClient:
    """The calling end of a connection. Any thread may call; close it when it is not needed.

    Attributes:
      is_broken: the other side is gone; calls raise ConnectionBroken.
    """

    def __init__(self, frames: FrameSocket, methods: Sequence[str], name: str) -> None:
        """Call over a socket.

        Args:
          frames: the socket.
          methods: the paths of the methods, in the order of their numbers.
          name: part of the name of the connection's thread.
        """
        self._frames = frames
        self._numbers = {path: number for number, path in enumerate(methods)}
        self._name = name
        self._calls = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, OnDone] = {}  # guarded by _lock
        self._read_lock = threading.Lock()  # held by who reads
        self._reader: threading.Thread | None = None  # guarded by _lock
        self._shares_reading = False
        self._turns: ReadingTurns | None = None  # once the reader takes turns with others
        self._watch = BriefWatch()  # guarded by _read_lock
        self.is_broken = False

    def has(self, path: str) -> bool:
        """Return whether the other side has a method."""
        return path in self._numbers

    def call(self, path: str, body: Sequence[Piece], timeout_s: float | None = None) -> Reply:
        """Call a method and wait for its answer.

        Raises:
          CallFailed: the other side says no.
          ConnectionBroken: the other side is gone.
          TimeoutError: there was no answer in time; the call is cancelled.
          KeyboardInterrupt: likewise.
        """
        call = next(self._calls)
        outcome: list[Outcome] = []
        with self._lock:
            self._check_open()
            is_alone = not self._waiting and self._reader is None
            reads = is_alone and self._read_lock.acquire(blocking=False)
            done = None if reads else threading.Event()
            self._waiting[call] = _noting(outcome, done)
            if not reads:
                self._start_reader()
        try:
            self._send_request(call, path, body, timeout_s)
            if done is None:
                self._read_until(outcome, timeout_s)
            elif not wait_interruptibly(done, timeout_s):
                raise TimeoutError
        except ConnectionBroken as error:
            self._break(error)
            if not outcome:
                outcome.append(error)
        except BaseException:
            self._give_up(call)
            raise
        finally:
            if reads:
                self._read_lock.release()
        if isinstance(outcome[0], Reply):
            return outcome[0]
        raise outcome[0]

    def start(
        self, path: str, body: Sequence[Piece], on_done: OnDone, timeout_s: float | None = None
    ) -> Callable[[], bool]:
        """Call a method without waiting.

        Args:
          path: the method.
          body: the request message, in pieces.
          on_done: called once with the outcome, on the connection's thread or at once.
          timeout_s: the other side ends the call after this time.

        Returns:
          What cancels the call, and returns whether it did: there is no outcome then.
        """
        call = next(self._calls)
        with self._lock:
            is_open = not self.is_broken
            if is_open:
                self._waiting[call] = on_done
                if self._reader is None:
                    self._start_reader()
        if not is_open:
            on_done(ConnectionBroken(_CLOSED))
            return lambda: False
        try:
            self._send_request(call, path, body, timeout_s)
        except ConnectionBroken as error:
            with self._lock:
                mine = self._waiting.pop(call, None)
            self._break(error)
            if mine is not None:
                on_done(error)
        return lambda: self._cancel(call)

    def tell(self, path: str, body: Sequence[Piece]) -> None:
        """Call a method that gives no answer.

        Raises:
          ConnectionBroken: the other side is gone.
        """
        with self._lock:
            self._check_open()
            self._start_reader()  # of what the other side releases
        try:
            self._send_request(NO_ANSWER, path, body, None)
        except ConnectionBroken as error:
            self._break(error)
            raise

    def try_take_turn(self) -> bool:
        """Let the calling thread read instead of the connection's own, if that can be.

        It then looks with `has_answers`, and ends its turn with `read_answers` or `pass_turn_on`.
        """
        if self._turns is None:
            self._shares_reading = True  # the reader sees it when it has read something
            return False
        return not self.is_broken and self._turns.try_take()

    def has_answers(self) -> bool:
        """Return whether something has come, or the end; only by who has the turn."""
        return bool(self._frames.has_arrivals(0))

    def read_answers(self) -> None:
        """Read what has come, pass the turn on, and tell those who began the calls."""
        try:
            frames, broken = self._take_frames(0.0)
        finally:
            self.pass_turn_on()
        for frame in frames:
            self._handle(frame)
        if broken is not None:
            self._break(broken)

    def _take_frames(self, timeout_s: float | None) -> tuple[list[Frame], ConnectionBroken | None]:
        """Return the frames that have come, and how the connection has ended if it has.

        Args:
          timeout_s: how long to wait for the rest of a frame of which only a part has come; whose
            turn is next reads on.
        """
        frames: list[Frame] = []
        try:
            while not frames or self._frames.has_more:
                frames.append(self._receive(timeout_s))
        except TimeoutError:
            pass
        except ConnectionBroken as error:
            return frames, error
        return frames, None

    def pass_turn_on(self) -> None:
        """Leave the reading to the connection's own thread."""
        assert self._turns is not None
        self._turns.pass_on()

    def close(self) -> None:
        """End the connection and its thread; calls under way end with ConnectionBroken."""
        self._break(ConnectionBroken("the connection was closed"))
        reader = self._reader
        if reader is not None and reader is not threading.current_thread():
            reader.join()
        with self._read_lock:  # a caller may be reading
            self._frames.close()

    @property
    def has_reader(self) -> bool:
        """Whether a thread of the connection's own reads; it ends when the connection is broken."""
        return self._reader is not None and self._reader.is_alive()

    def _check_open(self) -> None:
        if self.is_broken:
            raise ConnectionBroken(_CLOSED)

    def _send_request(
        self, call: int, path: str, body: Sequence[Piece], timeout_s: float | None
    ) -> None:
        # Rounded up: a request without a timeout says 0.
        timeout_ms = 0 if timeout_s is None else min(int(timeout_s * 1000) + 1, _MAX_TIMEOUT_MS)
        self._frames.send(FrameKind.REQUEST, self._numbers[path], timeout_ms, call, body)

    def _cancel(self, call: int) -> bool:
        with self._lock:
            is_under_way = self._waiting.pop(call, None) is not None
        if is_under_way:
            self._send_cancel(call)
        return is_under_way

    def _give_up(self, call: int) -> None:
        """Cancel a call whose caller was interrupted or has waited long enough."""
        with self._lock:
            self._waiting.pop(call, None)
        self._send_cancel(call)

    def _send_cancel(self, call: int) -> None:
        try:
            self._frames.send(FrameKind.CANCEL, 0, 0, call, ())
        except ConnectionBroken as error:
            self._break(error)

    def _say_living_on(self) -> None:
        """Tell the other side that it is not to clean up behind this one."""
        try:
            self._frames.send(FrameKind.CANCEL, 0, 0, LIVING_ON, ())
        except ConnectionBroken:
            pass

    def _start_reader(self) -> None:
        if self._reader is None:
            # A daemon: a program may end without closing its sessions.
            self._reader = threading.Thread(
                target=self._read_always, name=f"tensormill {self._name}", daemon=True
            )
            self._reader.start()

    def _read_until(self, outcome: list[Outcome], timeout_s: float | None) -> None:
        """Read frames until there is an outcome."""
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        # The main thread looks up now and then: a signal may come just before it blocks.
        is_main = threading.current_thread() is threading.main_thread()
        if self._watch.is_due():
            self._watch.sees(self._frames.has_arrivals)
        while not outcome:
            left_s = SIGNAL_CHECK_S if is_main else None
            if end_s is not None:
                left_s = max(min(end_s - time.monotonic(), left_s or math.inf), 1e-6)
            try:
                frame = self._receive(left_s)
            except TimeoutError:
                if end_s is not None and time.monotonic() >= end_s:
                    raise
                continue
            self._handle(frame)

    def _receive(self, timeout_s: float | None) -> Frame:
        """Return the next frame; an interrupt on the way ends the connection."""
        try:
            return self._frames.receive(timeout_s)
        except (TimeoutError, ConnectionBroken):
            raise
        except BaseException:  # interrupted, perhaps in mid frame
            self._say_living_on()
            self._break(ConnectionBroken("the thread that reads was interrupted"))
            raise

    def _read_always(self) -> None:
        try:
            with self._read_lock:
                while not self.is_broken:
                    self._handle(self._frames.receive())
                    self._frames.release_segments()
                    if self._shares_reading and not self._frames.has_more:
                        self._read_in_turns()
        except ConnectionBroken as error:
            self._break(error)
        with self._read_lock:  # who finds it broken need not wait for this thread to close it
            self._frames.close()

    def _read_in_turns(self) -> None:
        """Read what comes while no other thread does.

        Raises:
          ConnectionBroken: the other side is gone; the last turn is not passed on.
        """
        turns = self._turns = self._frames.reading_turns(watches=False)
        while True:
            turns.take(self._frames.release_segments)
            frames, broken = self._take_frames(None)
            if broken is None:
                turns.pass_on()
            for frame in frames:
                self._handle(frame)
            if broken is not None:
                turns.close()
                raise broken

    def _handle(self, frame: Frame) -> None:
        if frame.kind == _NOTICE:
            tf_logging.warning("%s", bytes(frame.body).decode(errors="replace"))
            return
        with self._lock:
            on_done = self._waiting.pop(frame.call, None)
        receipt = None
        is_reply = frame.kind == _REPLY
        if is_reply and frame.code != NO_RECEIPT:
            receipt = Receipt(self._frames, frame.code, frame.call)
        if on_done is None:  # nobody waits for it any more
            if receipt is not None:
                receipt.refuse()
            return
        if is_reply and not frame.aux:
            on_done(Reply(frame.body, b"", receipt))
            return
        end = len(frame.body) - frame.aux
        trailer = bytes(frame.body[end:])
        if is_reply:
            on_done(Reply(frame.body[:end], trailer, receipt))
        else:
            text = bytes(frame.body[:end]).decode(errors="replace")
            on_done(CallFailed(frame.code, text, trailer))

    def _break(self, error: ConnectionBroken) -> None:
        with self._lock:
            self.is_broken = True
            waiting = list(self._waiting.values())
            self._waiting.clear()
        self._frames.shut_down()
        for on_done in waiting:
            on_done(error)


def _noting(outcome: list[Outcome], done: threading.Event | None) -> OnDone:
    if done is None:
        return outcome.append

    def note(result: Outcome) -> None:
        outcome.append(result)
        done.set()

    return note
