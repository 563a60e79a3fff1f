"""When a hook is due: every so many seconds or steps."""

from __future__ import annotations

import time

__all__ = ["NeverTriggerTimer", "SecondOrStepTimer"]


class SecondOrStepTimer:
    """Says whether a hook is due, at most every so many seconds or steps."""

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        """Make a timer, which is due at once.

        Raises:
          ValueError: neither or both are given.
        """
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._every_s = every_secs
        self._every_steps = every_steps
        self.reset()

    def reset(self) -> None:
        """Be due at once."""
        self._last_step: int | None = None
        self._last_s = 0.0

    def should_trigger_for_step(self, step: int) -> bool:
        """Return whether the hook is due at a step."""
        if self._last_step is None:
            return True
        if self._last_step == step:
            return False
        if self._every_s is not None:
            return time.time() >= self._last_s + self._every_s
        assert self._every_steps is not None
        return bool(step >= self._last_step + self._every_steps)

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Note that the hook was called; return seconds and steps since the time before."""
        now_s = time.time()
        since = None, None
        if self._last_step is not None:
            since = now_s - self._last_s, step - self._last_step  # type: ignore[assignment]
        self._last_s, self._last_step = now_s, step
        return since

    def last_triggered_step(self) -> int | None:
        """Return the step at which the hook was last called, or None."""
        return self._last_step


class NeverTriggerTimer:
    """A timer that is never due."""

    def reset(self) -> None:
        """Do nothing."""

    def should_trigger_for_step(self, step: int) -> bool:
        """Return False."""
        return False

    def update_last_triggered_step(self, step: int) -> tuple[None, None]:
        """Return (None, None)."""
        return None, None

    def last_triggered_step(self) -> None:
        """Return None."""
