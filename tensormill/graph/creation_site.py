"""Where the user's code made an operation: kept raw, and formatted only for an error."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, NamedTuple

_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MAX_FRAMES = 12
_MAX_INTERNED = 1 << 16

# Code objects by identity, which hashes at once (a code object hashes its whole content). The
# tables keep the code objects alive, so that no identity is given to another one.
_package_code: dict[int, CodeType] = {}
_user_code: dict[int, CodeType] = {}


@dataclass(frozen=True, slots=True)
class CreationSite:
    """One line of the user's program."""

    file: str
    line: int
    function: str
    source: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line} in {self.function}:  {self.source}"


class StackFrame(NamedTuple):
    """One frame of a stack, as programs that handle stacks of operations see it."""

    filename: str
    lineno: int
    name: str
    globals: Any
    func_start_lineno: int


class RawFrames:
    """The user's stack as (code, offset of the instruction) pairs, innermost first.

    Operations made at the same place of the program share one.
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: tuple[tuple[CodeType, int], ...]) -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def format(self) -> list[tuple[str, int, str, str]]:
        """Return (file, line, function, source) a frame, outermost first."""
        sites = [_site(code, offset) for code, offset in reversed(self._pairs)]
        return [(site.file, site.line, site.function, site.source) for site in sites]

    def format_with_start_lines(self) -> list[tuple[str, int, str, str, int]]:
        """Return what `format` does, and the first line of each function."""
        starts = [code.co_firstlineno for code, _ in reversed(self._pairs)]
        return [(*frame, start) for frame, start in zip(self.format(), starts, strict=True)]

    def stack(self) -> list[StackFrame]:
        """Return the frames, outermost first."""
        return [
            StackFrame(file, line, function, None, start)
            for file, line, function, _, start in self.format_with_start_lines()
        ]

    def site(self) -> CreationSite | None:
        """Return the innermost line of the user's program, or None."""
        return _site(*self._pairs[0]) if self._pairs else None


class GivenFrames(RawFrames):
    """A stack that a program put in the place of the one that an operation was made in."""

    __slots__ = ("_frames",)

    def __init__(self, frames: Iterable[Any]) -> None:
        super().__init__(())
        self._frames = list(frames)

    def __len__(self) -> int:
        return len(self._frames)

    def format(self) -> list[tuple[str, int, str, str]]:
        """Return (file, line, function, source) a frame, outermost first."""
        return [frame[:4] for frame in self.format_with_start_lines()]

    def format_with_start_lines(self) -> list[tuple[str, int, str, str, int]]:
        """Return what `format` does, and the first line of each function."""
        return [
            (f[0], f[1], f[2], linecache.getline(f[0], f[1]).strip(), f[4]) for f in self._frames
        ]

    def stack(self) -> list[StackFrame]:
        """Return the frames as they were given."""
        return list(self._frames)

    def site(self) -> CreationSite | None:
        """Return the innermost line, or None."""
        if not self._frames:
            return None
        file, line, function, source = self.format()[-1]
        return CreationSite(file, line, function, source)


NO_FRAMES = RawFrames(())

# What a rewritten function's lines were made from: line -> (file, line, function).
GeneratedLines = dict[int, tuple[str, int, str]]

_generated: dict[str, GeneratedLines] = {}
_internal_folders = [_PACKAGE_FOLDER]


def note_generated(file: str, lines: GeneratedLines) -> None:
    """Say which lines of the user's program the code in a file was made from."""
    _generated.setdefault(file, {}).update(lines)


def note_internal_folder(folder: str) -> None:
    """Say that the code in a folder is none of the user's."""
    _internal_folders.append(folder + os.sep)


_interned: dict[tuple[int, ...], RawFrames] = {}


def _site(code: CodeType, offset: int) -> CreationSite:
    line = next((line for start, end, line in code.co_lines() if start <= offset < end and line), 0)
    file, function = code.co_filename, code.co_name
    if file in _generated:
        file, line, function = _generated[file].get(line, (file, line, function))
    return CreationSite(file, line, function, linecache.getline(file, line).strip())


def capture_frames() -> RawFrames:
    """Return the frames of the calling stack that lie outside the package."""
    key: list[int] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        identity = id(code)
        if identity not in _package_code:
            if identity not in _user_code and _note_code(code):
                frame = frame.f_back
                continue
            key.append(identity)
            key.append(frame.f_lasti)
            if len(key) == 2 * _MAX_FRAMES:
                break
        frame = frame.f_back
    place = tuple(key)
    found = _interned.get(place)
    return _intern(place) if found is None else found


def _note_code(code: CodeType) -> bool:
    """Put a code object into its table; return whether it is the package's own."""
    is_internal = code.co_filename.startswith(tuple(_internal_folders))
    (_package_code if is_internal else _user_code)[id(code)] = code
    return is_internal


def _intern(place: tuple[int, ...]) -> RawFrames:
    if len(_interned) >= _MAX_INTERNED:
        _interned.clear()
    pairs = tuple((_user_code[place[at]], place[at + 1]) for at in range(0, len(place), 2))
    made = _interned[place] = RawFrames(pairs)
    return made
