"""Where the user's code made an operation: kept raw while a graph is built, formatted only for an error."""

from __future__ import annotations

import linecache
import os
import sys
from dataclasses import dataclass
from types import CodeType

_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MAX_FRAMES = 12
_is_internal: dict[CodeType, bool] = {}


@dataclass(frozen=True, slots=True)
class CreationSite:
    """One line of the user's program."""

    file: str
    line: int
    function: str
    source: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line} in {self.function}:  {self.source}"


class RawFrames(tuple[tuple[CodeType, int], ...]):
    """The user's stack as (code, line) pairs, innermost first."""

    __slots__ = ()

    def format(self) -> list[tuple[str, int, str, str]]:
        """Return (file, line, function, source) a frame, outermost first."""
        return [
            (
                code.co_filename,
                line,
                code.co_name,
                linecache.getline(code.co_filename, line).strip(),
            )
            for code, line in reversed(self)
        ]

    def site(self) -> CreationSite | None:
        """Return the innermost line of the user's program, or None."""
        if not self:
            return None
        code, line = self[0]
        source = linecache.getline(code.co_filename, line).strip()
        return CreationSite(code.co_filename, line, code.co_name, source)


NO_FRAMES = RawFrames()


def capture_frames() -> RawFrames:
    """Return the frames of the calling stack that lie outside the package."""
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        internal = _is_internal.get(code)
        if internal is None:
            internal = _is_internal[code] = code.co_filename.startswith(_PACKAGE_FOLDER)
        if not internal:
            frames.append((code, frame.f_lineno))
            if len(frames) == _MAX_FRAMES:
                break
        frame = frame.f_back  # type: ignore[assignment]
    return RawFrames(frames)
