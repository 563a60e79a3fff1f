"""What the modules of TensorFlow 1.15 define, to tell what is missing here from a mistake.

`known_names.txt` has a paragraph for each module, by its path below `tensorflow`, and for each
public namespace, as `tf.train`. Its words are

    name            the module defines it, and it is not public
    name=a.b        it is public as `tf.a.b`
    name<m          the module imports it from module `m`
    name<m:other    … where it is called `other`
    *m              the module has all public names of module `m`
    ?               the module is there, its names are not listed

Source: TensorFlow 1.15.5, the files below tensorflow_core/python, contrib and _api.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from functools import cache

__all__ = ["KnownModule", "has_name", "is_module", "is_public", "known_module"]


@dataclass(frozen=True)
class KnownModule:
    """What one module of TensorFlow defines.

    Attributes:
      public: name -> its path in `tf`.
      imported: name -> (module that defines it, name there).
      private: other names that the module defines.
      stars: modules whose names it has all.
    """

    public: dict[str, str]
    imported: dict[str, tuple[str, str]]
    private: frozenset[str]
    stars: tuple[str, ...]

    def names(self) -> set[str]:
        """Return the names that stand in the module itself."""
        return {*self.public, *self.imported, *self.private}


@cache
def _paragraphs() -> dict[str, str]:
    text = importlib.resources.files(__package__).joinpath("known_names.txt").read_text()
    pairs = (part.partition(":") for part in text.split("\n\n"))
    return {module: words for module, _, words in pairs}


@cache
def _packages() -> frozenset[str]:
    """Return the paths that lead to a module, without that of the module itself."""
    found: set[str] = set()
    for module in _paragraphs():
        parts = module.split(".")
        found.update(".".join(parts[:end]) for end in range(1, len(parts)))
    return frozenset(found)


def is_module(path: str) -> bool:
    """Return whether TensorFlow 1.15 has a module at a path below `tensorflow`."""
    return not path.startswith("tf.") and (path in _paragraphs() or path in _packages())


@cache
def known_module(path: str) -> KnownModule:
    """Return what a module defines: nothing for one that is not known."""
    public: dict[str, str] = {}
    imported: dict[str, tuple[str, str]] = {}
    private: set[str] = set()
    stars: list[str] = []
    for word in _paragraphs().get(path, "").split():
        name, equals, public_path = word.partition("=")
        own, less, source = word.partition("<")
        if word.startswith("*"):
            stars.append(word[1:])
        elif word == "?":
            continue
        elif equals:
            public[name] = public_path
        elif less:
            module, _, other = source.partition(":")
            imported[own] = (module, other or own)
        else:
            private.add(word)
    return KnownModule(public, imported, frozenset(private), tuple(stars))


def is_public(path: str) -> bool:
    """Return whether TensorFlow 1.15 has `tf.<path>`."""
    namespace, _, name = f"tf.{path}".rpartition(".")
    return f"tf.{path}" in _paragraphs() or name in known_module(namespace).private


def has_name(path: str, name: str) -> bool:
    """Return whether a module of TensorFlow 1.15 has a name."""
    module = known_module(path)
    if name in module.public or name in module.imported or name in module.private:
        return True
    return any(has_name(star, name) for star in module.stars)
