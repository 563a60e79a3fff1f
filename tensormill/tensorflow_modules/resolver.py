"""Finds what a name in a module of TensorFlow means here.

In this order: a module below it; the sources that `table` gives for the module; the public name
that TensorFlow has it under; the module that TensorFlow imports it from. The rest is missing.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

from tensormill import api
from tensormill.graph.dispatch import public_form
from tensormill.tensorflow_modules import known_names, raw_functions
from tensormill.tensorflow_modules.table import (
    MESSAGE_MODULES,
    MESSAGE_PACKAGES,
    MODULES,
    Sources,
)

__all__ = ["find", "find_public", "is_known_path", "module_at", "names", "public"]

# A program that only imports TensorFlow's inner modules needs all ops and kernels as well.
assert api

_GENERATED = re.compile(r"python\.(ops|training)\.gen_\w+_ops")
_MESSAGES = re.compile(r"core\.\w+(\.\w+)*\.(?P<name>\w+_pb2)")
# Parts of `tf` that are packages of modules rather than attributes.
_PACKAGES = ("python", "contrib", "core", "examples")
_NOTHING = object()


def module_at(full_name: str, path: str) -> ModuleType | str | None:
    """Return what `import full_name` gives.

    Returns:
      A module of tensormill or of messages; the path where a stand-in is to be made; None where
      there is nothing.

    Raises:
      ImportError: TensorFlow 1.15 has it and tensormill lacks it.
    """
    messages = _MESSAGES.fullmatch(path)
    if messages is not None:
        return _messages(full_name, messages["name"])
    if path == "core" or re.fullmatch(r"core\.(\w+)(\.\w+)*", path):
        return path
    if path in MODULES and MODULES[path].itself:
        return importlib.import_module(MODULES[path].itself)
    if path in MODULES or known_names.is_module(path) or _is_prefix(path):
        return path
    value = _public(path)
    if isinstance(value, ModuleType):
        return value
    if value is _NOTHING:
        reason = _why_missing(path)
        if reason is not None:
            parent, _, name = full_name.rpartition(".")
            raise ImportError(f"cannot import name {name!r} from {parent!r}: {reason}")
    return None


def _why_missing(path: str) -> str | None:
    """Return what to say of a path that TensorFlow 1.15 has and tensormill lacks, else None."""
    parent, _, name = path.rpartition(".")
    if parent and _is_known(parent, name):
        return _lacks(parent, name)
    if known_names.is_public(path):
        return f"TensorFlow 1.15 has tf.{path}, but tensormill lacks it so far"
    if _is_in_unlisted_package(path):
        return f"tensormill lacks the modules of tf.{'.'.join(path.split('.')[:2])} so far"
    return None


def _is_prefix(path: str) -> bool:
    return any(module.startswith(f"{path}.") for module in MODULES)


def _is_known(path: str, name: str) -> bool:
    return known_names.has_name(path, name)


def is_known_path(path: str) -> bool:
    """Return whether TensorFlow 1.15 has something at a path below `tensorflow`."""
    parent, _, name = path.rpartition(".")
    return (
        known_names.is_public(path)
        or known_names.is_module(path)
        or _is_known(parent, name)
        or _is_in_unlisted_package(path)
    )


def _is_in_unlisted_package(path: str) -> bool:
    """Return whether a path is in a package of `tf.contrib` whose modules are not listed."""
    package = ".".join(path.split(".")[:2])
    return path.startswith("contrib.") and path != package and known_names.is_module(package)


def _lacks(path: str, name: str) -> str:
    return f"TensorFlow 1.15 has tensorflow.{path}.{name}, but tensormill lacks it so far"


def _messages(full_name: str, name: str) -> ModuleType:
    for package in MESSAGE_PACKAGES:
        candidate = f"{package}.{MESSAGE_MODULES.get(name, name)}"
        if importlib.util.find_spec(candidate) is not None:
            return importlib.import_module(candidate)
    raise ImportError(f"No module named '{full_name}': tensormill has no messages {name} so far")


def _public(path: str) -> Any:
    """Return the value of `tf.<path>`, `_NOTHING` where tensormill lacks it."""
    value: Any = api
    for part in path.split("."):
        value = getattr(value, part, _NOTHING)
        if value is _NOTHING:
            return _NOTHING
    return value


def public(path: str) -> Any:
    """Return the value of `tf.<path>`.

    Raises:
      AttributeError: tensormill lacks it.
    """
    value = _public(path)
    if value is _NOTHING:
        reason = _why_missing(path) or f"TensorFlow 1.15 has no tf.{path}"
        raise AttributeError(f"module 'tensormill' has no attribute {path!r}: {reason}")
    return value


def find_public(full_name: str, name: str) -> Any:
    """Return `tf.name` for the module `tensorflow`.

    Raises:
      AttributeError: there is no such name; says whether TensorFlow 1.15 has it.
    """
    if name in _PACKAGES:
        return importlib.import_module(f"{full_name.partition('.')[0]}.{name}")
    try:
        return getattr(sys.modules["tensormill"], name)
    except AttributeError as error:
        text = str(error).replace("module 'tensormill'", f"module {full_name!r}", 1)
        raise AttributeError(text) from None


def find(full_name: str, path: str, name: str) -> Any:
    """Return the value of a name in a module of TensorFlow.

    Args:
      full_name: the module as the program calls it.
      path: the module below `tensorflow`.
      name: the name.

    Raises:
      AttributeError: there is no such name; says whether TensorFlow 1.15 has it.
    """
    value = _find(full_name.removesuffix(f".{path}"), path, name, set())
    if value is not _NOTHING:
        return public_form(value)
    message = f"module {full_name!r} has no attribute {name!r}"
    if _is_known(path, name):
        message += f": {_lacks(path, name)}"
    raise AttributeError(message)


def _find(root: str, path: str, name: str, seen: set[str]) -> Any:
    if path in seen:
        return _NOTHING
    seen.add(path)
    below = f"{path}.{name}"
    if below in MODULES or known_names.is_module(below) or _is_prefix(below):
        return importlib.import_module(f"{root}.{below}")
    for value in _in_sources(MODULES.get(path, Sources()), name):
        return value
    if path.startswith("contrib."):
        # `tensorflow.contrib.rnn.python.ops.core_rnn_cell.GRUCell` is `tf.contrib.rnn.GRUCell`,
        # `….distributions.python.ops.bijectors.exp.Exp` is `….distributions.bijectors.Exp`.
        package, inner = path.split(".")[:2], path.split(".")[2:]
        places = [".".join(package), *(".".join([*package, part]) for part in inner)]
        for public in (below, *(f"{place}.{name}" for place in places)):
            value = _public(public)
            if value is not _NOTHING:
                return value
    known = known_names.known_module(path)
    if name in known.public:
        value = _public(known.public[name])
        if value is not _NOTHING:
            return value
    if name in known.imported:
        module, other = known.imported[name]
        value = _find(root, module, other, seen)
        if value is not _NOTHING:
            return value
    if _GENERATED.fullmatch(path):
        function = raw_functions.find(name)
        return _NOTHING if function is None else function
    for star in known.stars:
        value = _find(root, star, name, seen)
        if value is not _NOTHING:
            return value
    return _NOTHING


def _in_sources(sources: Sources, name: str) -> Any:
    """Yield what the sources of a module have under a name."""
    if name in sources.aliases:
        module_name, _, attribute = sources.aliases[name].rpartition(".")
        yield getattr(importlib.import_module(module_name), attribute)
    for source in sources.modules:
        module = importlib.import_module(f"tensormill.{source}")
        value = getattr(module, name, _NOTHING)
        if value is not _NOTHING and not isinstance(value, ModuleType):
            yield value


def names(path: str) -> set[str]:
    """Return the names that are known of a module and are there."""
    known = known_names.known_module(path)
    sources = MODULES.get(path, Sources())
    candidates = known.names() | set(sources.aliases)
    for star in known.stars:
        candidates |= names(star)
    for source in sources.modules:
        module = importlib.import_module(f"tensormill.{source}")
        candidates |= set(getattr(module, "__all__", ()))
    if path.startswith("contrib."):
        candidates |= {each for each in dir(_public(path)) if not each.startswith("_")}
    return {name for name in candidates if _find("tensormill", path, name, set()) is not _NOTHING}
