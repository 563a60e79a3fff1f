"""Which names of TensorFlow a program uses that tensormill lacks, found without running it.

What needs eager execution counts as missing: calls that switch it on and, in a program that makes
them, the values of tensors (`x.numpy()`).

The names that stand for modules are followed through imports and plain assignments
(`slim = tf.contrib.slim`). What a program tries, with an `except` for the case that it is missing,
is left out.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tensormill.tensorflow_modules import resolver

__all__ = ["MissingName", "missing_names"]

_ROOTS = ("tensorflow", "tensormill")
# The last parts of what switches eager execution on.
_EAGER_SWITCHES = frozenset({"enable_eager_execution", "enable_v2_behavior"})
_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "Exception"})


@dataclass(frozen=True)
class MissingName:
    """A use of a name that is missing.

    Attributes:
      line: where it is used, from 1.
      name: the name, as a path from `tf` or `tensorflow`.
      is_known: whether TensorFlow 1.15 has it.
      needs_eager: whether it is missing because it needs eager execution.
    """

    line: int
    name: str
    is_known: bool
    needs_eager: bool = False


def missing_names(source: str, path: str) -> list[MissingName]:
    """Return the uses of missing names in a program, by line.

    Args:
      source: the program.
      path: its file, for the message of a SyntaxError.

    Raises:
      SyntaxError: it is not Python.
    """
    reader = _Reader()
    reader.visit(ast.parse(source, path))
    missing = set(reader.missing)
    if any(each.needs_eager for each in missing):
        missing.update(reader.read_values)
    return sorted(missing, key=lambda missing: (missing.line, missing.name))


def _module(name: str) -> Any:
    """Return a module of TensorFlow by its full name, None where tensormill lacks it."""
    root, _, path = name.removesuffix(".").partition(".")
    if path == "compat.v1" or path.startswith("compat.v1."):
        path = path.removeprefix("compat.v1").removeprefix(".")
    if root not in _ROOTS:
        return None
    try:
        return importlib.import_module(f"tensormill.{path}" if path else "tensormill")
    except ImportError:
        return None


def _shown(path: str) -> str:
    """Return how to write a path: `tf.nn.relu`, `tensorflow.python.ops.nn.relu`."""
    inner = path.partition(".")[2].removeprefix("compat.v1").removeprefix(".")
    if inner.split(".")[0] in ("python", "core", "examples"):
        return f"tensorflow.{inner}"
    return f"tf.{inner}" if inner else "tensorflow"


class _Reader(ast.NodeVisitor):
    """Collects what is missing, in the order of the program."""

    def __init__(self) -> None:
        self.missing: list[MissingName] = []
        # What reads values of eager tensors, if there are any.
        self.read_values: list[MissingName] = []
        # Name in the program -> full name of the module that it stands for.
        self._modules: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        """Note the modules that become names."""
        for alias in node.names:
            if alias.name.partition(".")[0] not in _ROOTS:
                continue
            if _module(alias.name) is None:
                self._note(node, alias.name)
            elif alias.asname is not None:
                self._modules[alias.asname] = alias.name
            else:
                root = alias.name.partition(".")[0]
                self._modules[root] = root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note the names that come from a module, and which of them are modules."""
        source = node.module or ""
        if node.level or source.partition(".")[0] not in _ROOTS:
            return
        module = _module(source)
        if module is None:
            self._note(node, source)
            return
        for alias in node.names:
            full_name = f"{source}.{alias.name}"
            if alias.name == "*":
                continue
            value = _attribute(module, alias.name)
            value = _module(full_name) if value is None else value
            if value is None:
                self._note(node, full_name)
            elif alias.name in _EAGER_SWITCHES:
                self._note(node, full_name, needs_eager=True)
            elif isinstance(value, ModuleType):
                self._modules[alias.asname or alias.name] = full_name

    def visit_Assign(self, node: ast.Assign) -> None:
        """Follow `slim = tf.contrib.slim`."""
        self.generic_visit(node)
        path = self._path(node.value)
        if path is not None and isinstance(self._follow(path)[0], ModuleType):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._modules[target.id] = path

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look up a name of a module."""
        path = self._path(node)
        if path is None:
            if node.attr == "numpy":
                self.read_values.append(MissingName(node.lineno, ".numpy()", True, True))
            self.generic_visit(node)
            return
        missing = self._follow(path)[1]
        if node.attr in _EAGER_SWITCHES:
            self._note(node, path, needs_eager=True)
        elif missing is not None:
            self._note(node, missing)

    def visit_Try(self, node: ast.Try) -> None:
        """Read over what may fail."""
        before = len(self.missing)
        for child in node.body:
            self.visit(child)
        if any(_forgives(handler) for handler in node.handlers):
            del self.missing[before:]
        others: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
        for other in others:
            self.visit(other)

    def _path(self, node: ast.expr) -> str | None:
        """Return the full name that an expression of names and dots means, None for any other."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._modules:
            return None
        return ".".join([self._modules[node.id], *reversed(parts)])

    def _follow(self, path: str) -> tuple[Any, str | None]:
        """Return the value of a full name, and the first part of it that is missing."""
        parts = path.split(".")
        value: Any = None
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            found = _module(name) if count == 1 or name.endswith("compat.v1") else None
            if found is None and value is not None:
                found = _attribute(value, parts[count - 1])
            if found is None:
                return None, name
            if not isinstance(found, ModuleType):
                return found, None
            value = found
        return value, None

    def _note(
        self, node: ast.stmt | ast.expr, full_name: str, *, needs_eager: bool = False
    ) -> None:
        inner = _shown(full_name).partition(".")[2]
        is_known = needs_eager or resolver.is_known_path(inner)
        self.missing.append(MissingName(node.lineno, _shown(full_name), is_known, needs_eager))


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute; a None that is really there is taken for present as well."""
    missing = object()
    found = getattr(value, name, missing)
    if found is missing:
        return None
    return True if found is None else found


def _forgives(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler is for what is missing."""
    if handler.type is None:
        return True
    names = [each.id for each in ast.walk(handler.type) if isinstance(each, ast.Name)]
    return not _FORGIVING.isdisjoint(names)
