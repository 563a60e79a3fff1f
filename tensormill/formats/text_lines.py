r"""Lines of text files: what ends with "\n" or the file, without a "\r" before that, or any."""

from __future__ import annotations

from collections.abc import Iterator

from tensormill.formats.byte_streams import CHUNK_BYTES, ByteStream, open_stream

__all__ = ["LineReader"]


class LineReader:
    """The lines of a file, from front to back; an iterator over them.

    Args:
      path: of the file.
      compression: "", "GZIP" or "ZLIB".
      drops_returns: leave out every carriage return, as datasets do; else only that before the end
        of a line, as readers do.

    Raises:
      OSError: the file cannot be opened.
    """

    def __init__(self, path: str, compression: str = "", drops_returns: bool = False) -> None:
        self._stream: ByteStream = open_stream(path, compression)
        self._lines: list[bytes] = []
        self._at = 0
        self._drops_returns = drops_returns
        self._begun: list[bytes] = []  # the parts of a line whose end was not seen yet

    def read(self) -> bytes | None:
        """Return the next line; None at the end of the file.

        Raises:
          DamagedFileError: the file cannot be decompressed.
          OSError: the file cannot be read.
        """
        at = self._at
        if at == len(self._lines):
            if not self._fill():
                return None
            at = 0
        self._at = at + 1
        return self._lines[at]

    def read_up_to(self, count: int) -> list[bytes]:
        """Return the next lines: `count` of them, fewer only at the end of the file."""
        lines = self._lines[self._at : self._at + count]
        self._at += len(lines)
        while len(lines) < count and self._fill():
            self._at = min(count - len(lines), len(self._lines))
            lines += self._lines[: self._at]
        return lines

    def ahead(self, count: int) -> list[bytes]:
        """Return up to `count` of the next lines, as far as they are in memory already."""
        return self._lines[self._at : self._at + count]

    def skip(self, count: int) -> None:
        """Pass over lines that `ahead` returned."""
        self._at += count

    def _fill(self) -> bool:
        """Bring more lines into `_lines`, from its start; return whether there are any."""
        self._lines, self._at = [], 0
        while not self._lines:
            chunk = self._stream.read(CHUNK_BYTES)
            if not chunk:
                return self._end()
            last = chunk.rfind(b"\n")
            if last < 0:
                self._begun.append(chunk)
                continue
            whole = b"".join((*self._begun, chunk[:last]))
            self._begun = [chunk[last + 1 :]] if last + 1 < len(chunk) else []
            self._lines = self._split(whole)
        return True

    def _end(self) -> bool:
        """Take what is left as a line; return whether there is anything."""
        rest = self._split(b"".join(self._begun))
        self._begun = []
        if rest != [b""]:
            self._lines = rest
        return bool(self._lines)

    def _split(self, text: bytes) -> list[bytes]:
        """Return the lines of a text, which does not end with the end of a line."""
        if b"\r" not in text:
            return text.split(b"\n")
        if self._drops_returns:
            return text.replace(b"\r", b"").split(b"\n")
        return [line.removesuffix(b"\r") for line in text.split(b"\n")]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.read()
        if line is None:
            raise StopIteration
        return line

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
