"""A layer imports only from the layers before it.

The list of layers stands here once; docs/design.md says what each holds. Whatever else stands in
the package (train, summary, layers, io, nn, compat, api …) is what users call: all of that is one
layer, between `session` and `cli`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.package_sources import PACKAGE, python_files

BELOW_USERS = (
    "proto", "formats", "graph", "ops", "kernels", "runtime", "distributed", "session",
)  # fmt: skip
USERS = "what users call"
ABOVE_USERS = ("cli", "testing")
ORDER = (*BELOW_USERS, USERS, *ABOVE_USERS)

# The modules that may import inside a function: they exist to load others late.
MAY_IMPORT_LATE = ("cli", "testing")
# What these layers say is independent of what computes it.
WITHOUT_TORCH = ("proto", "formats", "graph", "ops")


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    level: int
    is_late: bool


def imports_of(tree: ast.Module) -> Iterator[Import]:
    """Yield every import; those for type checkers alone count as well."""

    def visit(node: ast.AST, is_late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, 0, is_late)
            elif isinstance(child, ast.ImportFrom):
                if child.module == "tensormill":
                    for alias in child.names:
                        yield Import(f"tensormill.{alias.name}", child.lineno, child.level, is_late)
                else:
                    yield Import(child.module or "", child.lineno, child.level, is_late)
            is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from visit(child, is_late or is_function)

    return visit(tree, False)


def layer_of(module: str) -> str | None:
    """Return the layer of a module of the package, None for the package itself."""
    parts = module.split(".")
    if len(parts) < 2:
        return None
    if parts[1] == "__main__":
        return "cli"
    return parts[1] if parts[1] in ORDER else USERS


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Return what a source does against the rules, one sentence each."""
    layer = layer_of(module)
    found = []
    for imported in imports_of(ast.parse(source)):
        where = f"{module}, line {imported.line}"
        if imported.level:
            found.append(f"{where}: relative import")
            continue
        if imported.is_late and not is_package and layer not in MAY_IMPORT_LATE:
            found.append(f"{where}: imports {imported.module} inside a function")
        top = imported.module.split(".")[0]
        if top == "torch" and layer in WITHOUT_TORCH:
            found.append(f"{where}: {layer} does without torch")
        if top != "tensormill" or layer is None:
            continue
        other = layer_of(imported.module)
        if other is None:
            if layer not in ABOVE_USERS:
                found.append(f"{where}: imports the public API; import the module that defines it")
        elif ORDER.index(other) > ORDER.index(layer):
            found.append(f"{where}: {layer} imports {imported.module} from a later layer")
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", python_files(PACKAGE), ids=module_name)
def test_module_keeps_the_order(path: Path) -> None:
    found = violations(module_name(path), path.read_text(), path.name == "__init__.py")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tensormill.graph.a", "import tensormill.ops.math"),
        ("tensormill.graph.a", "from tensormill import ops"),
        ("tensormill.graph.a", "from tensormill.cli.main import main"),
        ("tensormill.kernels.a", "from tensormill.runtime import devices"),
        ("tensormill.session.a", "import tensormill.train"),
        ("tensormill.train.a", "import tensormill"),
        ("tensormill.train.a", "import tensormill.testing.oracle"),
        ("tensormill.cli.a", "import tensormill.testing.oracle"),
        ("tensormill.ops.a", "import torch"),
        ("tensormill.graph.a", "from . import b"),
        ("tensormill.runtime.a", "def f():\n    import json"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tensormill.ops.a", "from tensormill.graph.graph import Graph"),
        ("tensormill.graph.a", "from tensormill.graph import b"),
        ("tensormill.train.a", "import tensormill.summary.writer"),
        ("tensormill.api", "from tensormill.session.session import Session"),
        ("tensormill.cli.a", "import tensormill"),
        ("tensormill.testing.a", "import tensormill.cli.main"),
        ("tensormill.kernels.a", "import torch"),
    ],
)
def test_an_allowed_import_is_not_reported(module: str, source: str) -> None:
    assert not violations(module, source)


def test_no_folder_hides_a_namespace() -> None:
    """`import tensormill.X` binds the folder X, and would replace the namespace `tf.X` by it."""
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    namespaces = {path.stem for path in (PACKAGE / "namespaces").iterdir()}
    assert not folders & namespaces - {"__pycache__"}


def folder_imports() -> dict[str, set[str]]:
    """Return for each folder of the package the others that it imports from."""
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    found: dict[str, set[str]] = {}
    for path in python_files(PACKAGE):
        folder = module_name(path).split(".")[1:2]
        if not folder or folder[0] not in folders:
            continue
        for imported in imports_of(ast.parse(path.read_text())):
            parts = imported.module.split(".")
            if parts[0] == "tensormill" and parts[1:2] not in ([], folder):
                found.setdefault(folder[0], set()).add(parts[1])
    return found


def test_folders_form_no_circle() -> None:
    """Also those that users call, whose order nobody wrote down."""
    left = folder_imports()
    while ends := {folder for folder, others in left.items() if not others & left.keys()}:
        left = {folder: others for folder, others in left.items() if folder not in ends}
    assert not left, f"these import each other in a circle, or are needed by such: {sorted(left)}"
