"""Notebooks as tests: cells of code, and what they show."""

from __future__ import annotations

import ast
import contextlib
import tempfile
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """The code of a cell, and what the notebook shows below it."""

    code: str
    shown: str = ""
    raises_without_gpu: str | None = None


class Notebook:
    """Runs cells one after the other, as a notebook does."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def run(self, code: str) -> str:
        """Run a cell and return what it shows: its prints, then the value of its last line."""
        body = ast.parse(code).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        with tempfile.TemporaryFile("w+") as shown, contextlib.redirect_stdout(shown):
            exec(compile(ast.Module(body, []), "<cell>", "exec"), self.names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.names)
                if value is not None:
                    print(value)
            shown.seek(0)
            return shown.read()
