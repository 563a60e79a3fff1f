"""`tf.train.basic_train_loop`: a training loop that begins again when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import errors

__all__ = ["basic_train_loop"]


def basic_train_loop(
    supervisor: Any,
    train_step_fn: Callable[..., Any],
    args: Any = None,
    kwargs: Any = None,
    master: str = "",
) -> None:
    """Call a function with a session until the supervisor stops; again after an `AbortedError`.

    Args:
      supervisor: a `tf.train.Supervisor`.
      train_step_fn: called as `train_step_fn(session, *args, **kwargs)`.
      args: its arguments.
      kwargs: its keyword arguments.
      master: the target of the session.
    """
    should_retry = True
    while should_retry:
        try:
            should_retry = False
            with supervisor.managed_session(master) as sess:
                while not supervisor.should_stop():
                    train_step_fn(sess, *(args or ()), **(kwargs or {}))
        except errors.AbortedError:
            should_retry = True
