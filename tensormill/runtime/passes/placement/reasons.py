"""Why an operation is where it is."""

from __future__ import annotations

from enum import Enum

__all__ = ["Cause", "Reason"]


class Cause(Enum):
    """What decided; the value is the sentence that is shown, `{}` is the subject."""

    DEFAULT = "default device"
    ONLY_KERNEL = "default device: no {} kernel"
    PINNED = "pinned to {}"
    SOFT = "soft placement instead of {}"
    COLOCATED = "colocated with {}"
    REFERENCE = "follows the reference from {}"
    RESOURCE = "follows the resource of {}"
    CONSUMERS = "follows its consumer {}"
    METADATA = "follows its input {}"


class Reason:
    """The reason for one placement.

    Attributes:
      cause: what decided.
      subject: the operation or device request that the cause speaks of, or "".
    """

    __slots__ = ("cause", "subject")

    def __init__(self, cause: Cause, subject: str = "") -> None:
        self.cause = cause
        self.subject = subject

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Reason)
            and self.cause is other.cause
            and self.subject == other.subject
        )

    def __hash__(self) -> int:
        return hash((self.cause, self.subject))

    def __str__(self) -> str:
        return self.cause.value.format(self.subject)

    def __repr__(self) -> str:
        return f"<Reason {str(self)!r}>"
