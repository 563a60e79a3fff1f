"""Where an iterator stands, as checkpoints hold it.

Of a pipeline, only how many elements it gave is kept, and what its stages drew their seeds from:
who goes on there runs the pipeline again up to that place. Buffers and open files are not saved, so
that a state is small, and needs nothing but the program that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.tensor_pb2 import VariantTensorDataProto

from tensormill.graph import errors
from tensormill.kernels.dataset_base import Seeds
from tensormill.kernels.value_types import SerializedVariants

__all__ = ["Position", "decode_position", "encode_position"]

_TYPE_NAME: Final = "tensormill::IteratorPosition"


@dataclass(frozen=True, slots=True)
class Position:
    """Where an iterator stands.

    Attributes:
      given: how many elements and failures it gave.
      draws: what the seeds of its stages were drawn from, see `Iteration.draws`.
    """

    given: int
    draws: tuple[bytes, ...]


def encode_position(position: Position) -> SerializedVariants:
    """Return a position as a variant."""
    content = position.given.to_bytes(8, "little") + b"".join(position.draws)
    message = VariantTensorDataProto(type_name=_TYPE_NAME, metadata=content)
    return SerializedVariants([message.SerializeToString()])


def decode_position(serialized: Any) -> Position:
    """Return the position that a variant holds.

    Raises:
      InvalidArgumentError: it holds something else.
    """
    items = serialized.items if isinstance(serialized, SerializedVariants) else []
    message = VariantTensorDataProto()
    try:
        for item in items:
            message.ParseFromString(item)
    except DecodeError as error:
        raise errors.invalid_argument(f"The state of an iterator is damaged: {error}") from error
    content, size = message.metadata, Seeds.STATE_BYTES
    if len(items) != 1 or message.type_name != _TYPE_NAME or len(content) % size != 8:
        found = message.type_name or type(serialized).__name__
        raise errors.invalid_argument(
            f"The state of an iterator must be one that tensormill saved ({_TYPE_NAME}), but this "
            f"is {found}. Begin with the initializer of the iterator instead."
        )
    draws = [content[at : at + size] for at in range(8, len(content), size)]
    return Position(int.from_bytes(content[:8], "little"), tuple(draws))
