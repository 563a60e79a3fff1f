"""`tensorflow.python.framework.traceable_stack`: a stack that knows who pushed what."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

__all__ = ["TraceableObject", "TraceableStack"]


class TraceableObject:
    """An object with the file and line that it came from.

    Attributes:
      obj: the object.
      filename: the file, None where it is not known.
      lineno: the line, None where it is not known.
    """

    SUCCESS, HEURISTIC_USED, FAILURE = 0, 1, 2

    def __init__(self, obj: Any, filename: str | None = None, lineno: int | None = None) -> None:
        self.obj = obj
        self.filename = filename
        self.lineno = lineno

    def set_filename_and_line_from_caller(self, offset: int = 0) -> int:
        """Take the place of a call for the place of the object.

        Args:
          offset: 0 for the caller of this method, 1 for its caller, and so on.

        Returns:
          `SUCCESS`; `HEURISTIC_USED` where there are not so many callers: the outermost is taken.
        """
        frame: FrameType = sys._getframe(1)
        result = self.SUCCESS
        for _ in range(offset):
            if frame.f_back is None:
                result = self.HEURISTIC_USED
                break
            frame = frame.f_back
        self.filename, self.lineno = frame.f_code.co_filename, frame.f_lineno
        return result

    def copy_metadata(self) -> TraceableObject:
        """Return another of the same place, without the object."""
        return TraceableObject(None, self.filename, self.lineno)


class TraceableStack:
    """A stack of such objects."""

    def __init__(self, existing_stack: list[TraceableObject] | None = None) -> None:
        self._items = list(existing_stack or ())

    def push_obj(self, obj: Any, offset: int = 0) -> int:
        """Put an object on top; see `set_filename_and_line_from_caller`."""
        item = TraceableObject(obj)
        self._items.append(item)
        return item.set_filename_and_line_from_caller(offset + 1)

    def pop_obj(self) -> Any:
        """Take the topmost object off and return it."""
        return self._items.pop().obj

    def peek_top_obj(self) -> Any:
        """Return the topmost object."""
        return self._items[-1].obj

    def peek_objs(self) -> list[Any]:
        """Return the objects, the topmost first."""
        return [item.obj for item in reversed(self._items)]

    def peek_traceable_objs(self) -> list[TraceableObject]:
        """Return the objects with their places, the topmost first."""
        return self._items[::-1]

    def __len__(self) -> int:
        return len(self._items)

    def copy(self) -> TraceableStack:
        """Return a stack of the same objects."""
        return TraceableStack(self._items)
