"""Sets and dictionaries that ask which object a key is, and not what it is equal to.

Source: TensorFlow 1.15, python/util/object_identity.py.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, MutableMapping, MutableSet
from typing import Any

__all__ = [
    "ObjectIdentityDictionary",
    "ObjectIdentitySet",
    "ObjectIdentityWeakKeyDictionary",
    "ObjectIdentityWeakSet",
    "Reference",
]


class Reference:
    """Stands for one object: equal to what stands for the same object, and to nothing else."""

    __slots__ = ("_referred",)

    def __init__(self, referred: Any) -> None:
        self._referred = referred

    def deref(self) -> Any:
        """Return the object."""
        return self._referred

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self.deref() is other.deref()

    def __hash__(self) -> int:
        return id(self._referred)

    def __repr__(self) -> str:
        return f"<Reference to {self.deref()!r}>"


class _WeakReference(Reference):
    """A reference that does not keep the object alive; it then stands for None."""

    __slots__ = ("_hash",)

    def __init__(self, referred: Any) -> None:
        super().__init__(weakref.ref(referred))
        self._hash = id(referred)

    def deref(self) -> Any:
        """Return the object, None where it is gone."""
        return self._referred()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        mine = self.deref()
        return mine is not None and isinstance(other, Reference) and mine is other.deref()

    def __hash__(self) -> int:
        return self._hash


class ObjectIdentityDictionary(MutableMapping[Any, Any]):
    """A dictionary whose keys are the same only where they are one object."""

    _reference: type[Reference] = Reference

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._items: dict[Reference, Any] = {}
        self.update(dict(*args, **kwargs))

    def __getitem__(self, key: Any) -> Any:
        return self._items[self._reference(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[self._reference(key)] = value

    def __delitem__(self, key: Any) -> None:
        del self._items[self._reference(key)]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Any]:
        for reference in list(self._items):
            key = reference.deref()
            if key is None and isinstance(reference, _WeakReference):
                del self._items[reference]
            else:
                yield key


class ObjectIdentityWeakKeyDictionary(ObjectIdentityDictionary):
    """Such a dictionary that does not keep its keys alive."""

    _reference = _WeakReference


class ObjectIdentitySet(MutableSet[Any]):
    """A set whose members are the same only where they are one object."""

    _dictionary: type[ObjectIdentityDictionary] = ObjectIdentityDictionary

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._members = self._dictionary()
        self.update(items)

    def __contains__(self, item: object) -> bool:
        return item in self._members

    def __iter__(self) -> Iterator[Any]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def add(self, value: Any) -> None:
        """Take in an object."""
        self._members[value] = None

    def discard(self, value: Any) -> None:
        """Leave out an object, where it is in."""
        self._members.pop(value, None)

    def update(self, items: Iterable[Any]) -> None:
        """Take in several objects."""
        for item in items:
            self.add(item)


class ObjectIdentityWeakSet(ObjectIdentitySet):
    """Such a set that does not keep its members alive."""

    _dictionary = ObjectIdentityWeakKeyDictionary
