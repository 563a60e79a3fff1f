"""What is wrong with a file."""

from __future__ import annotations

__all__ = ["DamagedFileError", "TruncatedFileError"]


class DamagedFileError(Exception):
    """A file is cut off, or holds other bytes than were written."""


class TruncatedFileError(DamagedFileError):
    """A file ends before what it should hold."""
