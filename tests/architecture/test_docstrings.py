"""Docstrings describe the arguments that there are."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from tests.architecture.package_sources import PACKAGE, ROOT, python_files

_ENTRY = re.compile(r"(\**\w+(?:, \w+)*)(?:,$|:)")


def described_arguments(docstring: str) -> list[str]:
    """Return the names in the section `Args:` of a docstring, as they stand in it."""
    _, _, section = f"\n{inspect.cleandoc(docstring)}".partition("\nArgs:\n")
    names: list[str] = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        entry = _ENTRY.match(line[2:]) if line[2:3] != " " else None
        if entry is not None:
            names += [name.lstrip("*") for name in entry[1].split(", ")]
    return names


def documented(tree: ast.Module) -> Iterator[tuple[str, int, str, ast.arguments]]:
    """Yield the names, lines and docstrings of functions and classes, with their arguments."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        docstring = ast.get_docstring(node)
        takes = node.args if not isinstance(node, ast.ClassDef) else _constructor(node)
        if docstring is not None and takes is not None:
            yield node.name, node.lineno, docstring, takes


def _constructor(node: ast.ClassDef) -> ast.arguments | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name in ("__init__", "__new__"):
            return item.args
    return None


def untrue_descriptions(source: str) -> list[str]:
    """Return what docstrings say of arguments that are not there, a sentence each."""
    found = []
    for name, line, docstring, takes in documented(ast.parse(source)):
        if takes.kwarg is not None:
            continue  # what goes into `**kwargs` may be described by its names
        others = [takes.vararg] if takes.vararg is not None else []
        known = {arg.arg for arg in (*takes.posonlyargs, *takes.args, *takes.kwonlyargs, *others)}
        found += [
            f"line {line}: {name} has no argument {described!r}"
            for described in described_arguments(docstring)
            if described not in known
        ]
    return found


@pytest.mark.parametrize(
    "folder", sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
)
def test_docstrings_describe_arguments_that_are_there(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}, {sentence}"
        for path in python_files(PACKAGE / folder)
        for sentence in untrue_descriptions(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_an_argument_that_is_not_there_is_found() -> None:
    source = '''
def scale(x, factor):
    """Return x times the factor.

    Args:
      x: numbers: or
        lists: of them.
      by: the factor.
    """
'''
    assert untrue_descriptions(source) == ["line 2: scale has no argument 'by'"]
    assert not untrue_descriptions(source.replace("      by:", "      factor:"))
    assert not untrue_descriptions(source.replace("factor)", "**kwargs)"))
