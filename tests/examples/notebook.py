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


def run_cell(code: str, names: dict[str, Any], where: str) -> Any:
    """Run the code of a cell; return the value of its last line, if that is an expression."""
    body = ast.parse(code, where).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), where, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), where, "eval"), names)


class Notebook:
    """Runs cells one after the other, as a notebook does."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def run(self, code: str) -> str:
        """Run a cell and return what it shows: its prints, then the value of its last line."""
        with tempfile.TemporaryFile("w+") as shown, contextlib.redirect_stdout(shown):
            value = run_cell(code, self.names, "<cell>")
            if value is not None:
                print(value)
            shown.seek(0)
            return shown.read()
