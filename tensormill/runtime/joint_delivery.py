"""What several parts of a step took out of queues, told as one what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensormill.runtime.any_master import Delivery
from tensormill.runtime.worker_link import GraphResult

__all__ = ["joint_delivery"]


class _Joint:
    """What several parts of a step gave, as one `Delivery`."""

    def __init__(self, parts: Sequence[Delivery]) -> None:
        self._parts = parts

    def confirm(self) -> None:
        for part in self._parts:
            part.confirm()

    def refuse(self) -> None:
        for part in self._parts:
            part.refuse()

    def forsake(self) -> None:
        self.refuse()


def joint_delivery(results: Iterable[GraphResult]) -> Delivery | None:
    """Return what is to be told what becomes of the values of some parts."""
    parts = [result.delivery for result in results if result.delivery is not None]
    return _Joint(parts) if parts else None
