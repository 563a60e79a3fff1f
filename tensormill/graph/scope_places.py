"""`ScopePlace`: where the program opened a scope, and what for."""

from __future__ import annotations

from typing import Any

from tensormill.graph.creation_site import RawFrames, capture_frames

__all__ = ["ScopePlace"]


class ScopePlace:
    """Where the program opened a scope, and what for.

    Attributes:
      obj: what the scope was opened for, as a text; None where that is known otherwise.
    """

    __slots__ = ("_frames", "_opened_for", "obj")

    def __init__(self, opened_for: Any, frames: RawFrames, obj: str | None = None) -> None:
        self._opened_for = opened_for
        self._frames = frames
        self.obj = obj

    @classmethod
    def of_caller(cls, opened_for: Any) -> ScopePlace:
        """Return the user's line that is running, for what it opens a scope for."""
        return cls(opened_for, capture_frames())

    @property
    def opened_for(self) -> Any:
        """What the scope was opened for."""
        return self._opened_for

    @property
    def filename(self) -> str | None:
        """The file."""
        site = self._frames.site()
        return None if site is None else site.file

    @property
    def lineno(self) -> int | None:
        """The line, from 1."""
        site = self._frames.site()
        return None if site is None else site.line

    def shown(self) -> ScopePlace:
        """Return the place with the text of what the scope was opened for."""
        given = self._opened_for
        text = str(given)
        if callable(given):
            code = getattr(given, "__code__", None)
            where = "unknown, -1" if code is None else f"{code.co_filename}, {code.co_firstlineno}"
            text = f"{getattr(given, '__name__', type(given).__name__)}<{where}>"
        return ScopePlace(given, self._frames, text)
