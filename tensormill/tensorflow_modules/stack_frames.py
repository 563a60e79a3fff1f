"""`tensorflow.python.util.tf_stack`: the stack of the caller, with frames renamed or left out.

Source: TensorFlow 1.15, python/util/tf_stack.py and tf_stack.cc.
"""

from __future__ import annotations

import linecache
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable
from types import FrameType
from typing import Any, ClassVar

from tensormill.graph.creation_site import StackFrame

__all__ = [
    "TB_CODEDICT",
    "TB_FILENAME",
    "TB_FUNCNAME",
    "TB_LINENO",
    "CurrentModuleFilter",
    "StackFrame",
    "StackTraceFilter",
    "StackTraceMapper",
    "StackTraceTransform",
    "convert_stack",
    "extract_stack",
]

TB_FILENAME, TB_LINENO, TB_FUNCNAME, TB_CODEDICT = range(4)


class StackTraceTransform:
    """The base of what changes the stacks that are taken in its with-block, on its thread.

    Attributes:
      parent: the one of its kind around it, or None.
    """

    _open: ClassVar[dict[int, list[Any]]] = defaultdict(list)

    def __enter__(self) -> Any:
        self.reset()
        stack = self._open[threading.get_ident()]
        self.parent = stack[-1] if stack else None
        stack.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        thread = threading.get_ident()
        self._open[thread].pop()
        if not self._open[thread]:
            del self._open[thread]

    def reset(self) -> None:
        """Forget what was found for earlier blocks."""

    @classmethod
    def innermost(cls) -> Any:
        """Return the innermost open one of this thread, or None."""
        stack = cls._open.get(threading.get_ident())
        return stack[-1] if stack else None


class StackTraceMapper(StackTraceTransform):
    """Puts other places of source code into stacks."""

    _open: ClassVar[dict[int, list[Any]]] = defaultdict(list)

    def reset(self) -> None:
        """Forget the map."""
        self._effective_source_map: Any = None

    def get_effective_source_map(self) -> Any:
        """Return a map from (file, line) to (file, line, function)."""
        raise NotImplementedError("subclasses need to override this")


class StackTraceFilter(StackTraceTransform):
    """Leaves the frames of some files out of stacks."""

    _open: ClassVar[dict[int, list[Any]]] = defaultdict(list)

    def reset(self) -> None:
        """Forget the files."""
        self._filtered_filenames: Any = None

    def get_filtered_filenames(self) -> Any:
        """Return the files whose frames are left out."""
        raise NotImplementedError("subclasses need to override this")


class CurrentModuleFilter(StackTraceFilter):
    """Leaves the frames of the file out that makes it."""

    def __init__(self) -> None:
        self._filename = sys._getframe(1).f_code.co_filename

    def get_filtered_filenames(self) -> Any:
        """Return the file, and those that the filters around it leave out."""
        if self._filtered_filenames is None:
            around = () if self.parent is None else self.parent.get_filtered_filenames()
            self._filtered_filenames = frozenset([self._filename, *around])
        return self._filtered_filenames


def extract_stack(limit: int = -1) -> list[StackFrame]:
    """Return the frames of the callers, the innermost last; lines of source are not read.

    Args:
      limit: how many of the innermost frames to return; all of them where it is negative.
    """
    mapper, chosen = StackTraceMapper.innermost(), StackTraceFilter.innermost()
    places = {} if mapper is None else mapper.get_effective_source_map() or {}
    left_out = () if chosen is None else chosen.get_filtered_filenames()
    found: list[StackFrame] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(found) != limit:
        code = frame.f_code
        file, line, name = code.co_filename, frame.f_lineno, code.co_name
        file, line, name = places.get((file, line), (file, line, name))
        # The frame that asks is there even where its file is left out.
        if not found or file not in left_out:
            found.append(StackFrame(file, line, name, frame.f_globals, code.co_firstlineno))
        frame = frame.f_back
    return found[::-1]


def convert_stack(
    stack: Iterable[StackFrame], include_func_start_lineno: bool = False
) -> tuple[Any, ...]:
    """Return (file, line, function, source) for each frame, as the module `traceback` has them.

    Args:
      stack: what `extract_stack` returned.
      include_func_start_lineno: add the first line of the function to each.
    """
    made = []
    for frame in stack:
        linecache.checkcache(frame.filename)
        source = linecache.getline(frame.filename, frame.lineno, frame.globals).strip() or None
        row = (frame.filename, frame.lineno, frame.name, source)
        made.append((*row, frame.func_start_lineno) if include_func_start_lineno else row)
    return tuple(made)
