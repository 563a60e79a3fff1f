"""`Coordinator`: threads that stop together, and the first error among them.

Source: TensorFlow 1.15, python/training/coordinator.py.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeGuard

from tensormill.graph import errors, tf_logging
from tensormill.session.base_session import BaseSession

__all__ = ["Coordinator", "CoordinatorStop", "LooperThread"]

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
_FIRST_WAIT_S = 0.001
_LONGEST_WAIT_S = 0.05


class Coordinator:
    """Lets any thread ask all of them to stop, and the one that joins them see why.

    >>> coordinator = Coordinator()
    >>> def work():
    ...     with coordinator.stop_on_exception():
    ...         raise ValueError("out of flour")
    >>> thread = threading.Thread(target=work)
    >>> thread.start()
    >>> coordinator.join([thread])
    Traceback (most recent call last):
    ValueError: out of flour
    """

    def __init__(
        self, clean_stop_exception_types: Iterable[type[BaseException]] | None = None
    ) -> None:
        """Make a coordinator.

        Args:
          clean_stop_exception_types: the exceptions that mean a stop like any other, by default
            `OutOfRangeError`, the end of the input.
        """
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (errors.OutOfRangeError,)
        self._clean_stop_exception_types = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._exc_info_to_raise: _ExcInfo | None = None  # guarded by _lock
        self._joined = False  # guarded by _lock
        self._registered_threads: set[threading.Thread] = set()  # guarded by _lock
        self._stop_callbacks: list[Callable[[], None]] = []  # guarded by _lock

    def request_stop(self, ex: Any = None) -> None:
        """Ask the threads to stop.

        Args:
          ex: why: an exception, or a triple as from `sys.exc_info()`; the first one that is not a
            clean stop is raised by `join`.

        Raises:
          BaseException: `ex` itself, where the threads were joined already.
        """
        with self._lock:
            error = ex[1] if isinstance(ex, tuple) and len(ex) == 3 else ex
            if isinstance(error, self._clean_stop_exception_types):
                ex = None
            if self._joined and ex is not None:
                raise _as_exc_info(ex)[1]
            if self._stop_event.is_set():
                return
            if ex is not None and self._exc_info_to_raise is None:
                self._exc_info_to_raise = _as_exc_info(ex)
                kind, value, _ = self._exc_info_to_raise
                tf_logging.info("Error reported to Coordinator: %s, %s", kind, value)
            self._stop_event.set()
            callbacks, self._stop_callbacks = self._stop_callbacks, []
        for callback in callbacks:
            callback()

    def _call_on_stop(self, callback: Callable[[], None]) -> None:
        """Call a function once the threads are asked to stop; at once where they were already."""
        with self._lock:
            if not self._stop_event.is_set():
                self._stop_callbacks.append(callback)
                return
        callback()

    def clear_stop(self) -> None:
        """Forget that a stop was asked for, and why."""
        with self._lock:
            self._joined = False
            self._exc_info_to_raise = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Return whether a stop was asked for."""
        return self._stop_event.is_set()

    @contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Ask for a stop where the block raises, and go on behind it."""
        try:
            yield
        except:  # noqa: E722 - whatever ends a thread is why the others stop
            self.request_stop(sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for, at most `timeout` seconds; return whether it was."""
        return self._stop_event.wait(None if timeout is None else max(0.0, timeout))

    def register_thread(self, thread: threading.Thread) -> None:
        """Let `join` wait for a thread."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Wait for the threads to end: as long as it takes, and for a while after a stop.

        Args:
          threads: what is waited for besides the registered threads.
          stop_grace_period_secs: how long they may take to end once a stop was asked for.
          ignore_live_threads: say nothing if some have not ended then.

        Raises:
          BaseException: what `request_stop` was given.
          RuntimeError: threads are still running.
        """
        with self._lock:
            joined = list(self._registered_threads.union(threads or ()))
        wait_s = _FIRST_WAIT_S
        while _alive(joined) and not self.wait_for_stop(wait_s):
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        deadline_s = time.monotonic() + stop_grace_period_secs
        for thread in joined:
            if thread.is_alive():
                thread.join(max(0.0, deadline_s - time.monotonic()))
        stragglers = " ".join(thread.name for thread in _alive(joined))
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._exc_info_to_raise is not None:
                _, error, traceback = self._exc_info_to_raise
                raise error.with_traceback(traceback)
        if stragglers:
            text = f"Coordinator stopped with threads still running: {stragglers}"
            if not ignore_live_threads:
                raise RuntimeError(text)
            tf_logging.info(text)

    @property
    def joined(self) -> bool:
        """Whether the threads were joined since the last `clear_stop`."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raise what `request_stop` was given, if it was given anything."""
        with self._lock:
            if self._exc_info_to_raise is not None:
                _, error, traceback = self._exc_info_to_raise
                raise error.with_traceback(traceback)


def _alive(threads: Sequence[threading.Thread]) -> list[threading.Thread]:
    return [thread for thread in threads if thread.is_alive()]


def _is_exc_info(ex: Any) -> TypeGuard[_ExcInfo]:
    return isinstance(ex, tuple) and len(ex) == 3 and isinstance(ex[1], BaseException)


def _as_exc_info(ex: Any) -> _ExcInfo:
    if _is_exc_info(ex):
        return ex
    if isinstance(ex, BaseException):
        return type(ex), ex, ex.__traceback__
    error = ValueError(
        f"ex must be a tuple or sys.exc_info must return the current exception: {ex}"
    )
    return ValueError, error, None


class LooperThread(threading.Thread):
    """A thread that does the same again and again until its coordinator stops.

    Derived classes may override `start_loop`, `run_loop` and `stop_loop`.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a thread, which is still to be started.

        Args:
          coord: the coordinator, with which the thread is registered.
          timer_interval_secs: how long one call begins after the other; None for at once.
          target: what is called.
          args: its arguments.
          kwargs: its keyword arguments.

        Raises:
          ValueError: `coord` is no coordinator, or there are arguments for no target.
        """
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        super().__init__()
        self.daemon = True
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._call = target
        self._call_args = args or ()
        self._call_kwargs = kwargs or {}
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """Start a thread that calls `target(*args, **kwargs)` again and again; return it."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """Do what the thread is for. Called by `start`."""
        with self._coord.stop_on_exception():
            self.start_loop()
            session = self._session_to_drive()
            if session is not None:
                session._repeat(self._call_args[0], CoordinatorStop(self._coord), _NoObserver())
            elif self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                next_s = time.monotonic()
                while not self._coord.wait_for_stop(next_s - time.monotonic()):
                    next_s += self._timer_interval_secs
                    self.run_loop()
            self.stop_loop()

    def _session_to_drive(self) -> BaseSession | None:
        """Return the session whose `run` is the target, where its master can repeat the step."""
        session = getattr(self._call, "__self__", None)
        if (
            isinstance(session, BaseSession)
            and self._call == session.run
            and len(self._call_args) == 1
            and not self._call_kwargs
            and self._timer_interval_secs is None
            and type(self).run_loop is LooperThread.run_loop
        ):
            return session
        return None

    def start_loop(self) -> None:
        """Do what comes before the first call."""

    def stop_loop(self) -> None:
        """Do what comes after the last call."""

    def run_loop(self) -> None:
        """Call the target."""
        if self._call is not None:
            self._call(*self._call_args, **self._call_kwargs)


def _never() -> bool:
    return False


class CoordinatorStop:
    """When the threads of a coordinator are to stop; without one they go on."""

    def __init__(self, coord: Coordinator | None) -> None:
        self._coord = coord
        self.should_stop = _never if coord is None else coord.should_stop

    def call_on_stop(self, callback: Callable[[], None]) -> None:
        """Call back once they are to stop; at once where they are already."""
        if self._coord is not None:
            self._coord._call_on_stop(callback)


class _NoObserver:
    """Does not care when a step waits."""

    def wait_begins(self, cancel: Callable[[str], object]) -> None:
        pass

    def wait_ends(self) -> None:
        pass
