"""Thread-local stacks of defaults: which graph, which session is meant where none is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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

    def top(self) -> Item | None:
        """Return the default of this thread, or None."""
        items = self.items
        return items[-1] if items else None

    def push(self, item: Item) -> None:
        """Make `item` the default of this thread."""
        self.items.append(item)

    def remove(self, item: Item) -> None:
        """Take the topmost entry of `item` off, wherever it stands."""
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index] is item:
                del self.items[index]
                return

    @contextmanager
    def pushed(self, item: Item) -> Iterator[Item]:
        """Make `item` the default within a with-block."""
        self.items.append(item)
        try:
            yield item
        finally:
            if self.enforce_nesting:
                if self.items[-1] is not item:
                    raise AssertionError(
                        f"Nesting violated for default stack of {type(item)} objects"
                    )
                self.items.pop()
            else:
                self.remove(item)


default_sessions: DefaultStack[Any] = DefaultStack()


def get_default_session() -> Any:
    """Return the session that `with session.as_default()` set in this thread, or None."""
    return default_sessions.top()
