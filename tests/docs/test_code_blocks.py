"""The blocks of code in the README and the docs run, and print what they say.

Blocks marked `python` run, each in a namespace and a graph of its own; a block marked `text` right
after one is what it prints, with `...` for anything. Excerpts are marked `py`.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n+```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """One block of a page.

    Attributes:
      place: the page and the line of its first line.
      code: the code, after as many empty lines as there are lines above it on the page.
      printed: what it prints, or None.
    """

    place: str
    code: str
    printed: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    found = []
    for match in BLOCK.finditer(text):
        above = text.count("\n", 0, match.start(1))
        place = f"{page.relative_to(ROOT)}:{above + 1}"
        found.append(Block(place, "\n" * above + match[1], match[2]))
    return found


BLOCKS = [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_block_runs_and_prints_what_it_says(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "0")  # what a block sets ends with it
    printed = io.StringIO()
    names: dict[str, Any] = {"__name__": "__main__"}
    # A reader's file has its lines at hand, and so has a notebook.
    lines = block.code.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, block.place, (len(block.code), None, lines, block.place))
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, block.place, "exec"), names)
    if block.printed is not None:
        is_same = doctest.OutputChecker().check_output(block.printed, printed.getvalue(), OPTIONS)
        assert is_same, f"{block.place} prints\n{printed.getvalue()}\ninstead of\n{block.printed}"


def test_there_are_blocks_to_run() -> None:
    assert len(BLOCKS) >= 5


def test_links_lead_somewhere() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not missing
