"""Thread-local stacks of defaults: which graph, which session is meant where none is named."""

from __future__ import annotations

import threading
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class DefaultStack(threading.local, Generic[Item]):
    """A stack a thread, with the item on top as the default.

    Attributes:
      enforce_nesting: leaving a block in which another item was left on top is an error.
    """

    def __init__(self) -> None:
        super().__init__()
        self.enforce_nesting = True
        self.items: list[Item] = []

    @property
    def stack(self) -> list[Item]:
        """The items, the default last."""
        return self.items

    def reset(self) -> None:
        """Take all items off."""
        self.items = []

    def top(self) -> Item | None:
        """Return the default of this thread, or None."""
        items = self.items
        return items[-1] if items else None

    get_default = top

    def push(self, item: Item) -> None:
        """Make `item` the default of this thread."""
        self.items.append(item)

    def remove(self, item: Item) -> None:
        """Take the topmost entry of `item` off, wherever it stands."""
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index] is item:
                del self.items[index]
                return

    def pushed(self, item: Item) -> Pushed[Item]:
        """Make `item` the default within a with-block."""
        return Pushed(self, item)


class Pushed(Generic[Item]):
    """The with-block of one default; written out because every composite function enters one."""

    __slots__ = ("_item", "_stack")

    def __init__(self, stack: DefaultStack[Item], item: Item) -> None:
        self._stack = stack
        self._item = item

    def __enter__(self) -> Item:
        self._stack.items.append(self._item)
        return self._item

    def __exit__(self, *error: object) -> None:
        stack = self._stack
        if not stack.enforce_nesting:
            stack.remove(self._item)
            return
        if not stack.items or stack.items[-1] is not self._item:
            raise AssertionError(
                f"Nesting violated for default stack of {type(self._item)} objects"
            )
        stack.items.pop()


default_sessions: DefaultStack[Any] = DefaultStack()


def get_default_session() -> Any:
    """Return the session that `with session.as_default()` set in this thread, or None."""
    return default_sessions.top()
