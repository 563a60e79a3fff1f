"""Values that are pushed to another task, around protobuf so that large tensors are not copied."""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.distributed.recv_tensor_codec import value_from_message
from tensormill.distributed.run_step_codec import split_named_tensor
from tensormill.distributed.value_codec import named_value_pieces
from tensormill.graph import errors
from tensormill.graph.tensor_wire_codec import Piece, encode_varint, field_head, scan_fields
from tensormill.kernels.torch_dtypes import dtype_of_value
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.rendezvous import KeyedValue

__all__ = ["read_push", "value_pieces_by_key", "write_push"]

_STEP_ID, _VALUE, _DEAD = 1, 2, 3  # fields of PushRequest


def write_push(step_id: int, values: Sequence[KeyedValue]) -> list[Piece]:
    """Return a PushRequest, in pieces that share the memory of the values.

    Raises:
      UnimplementedError: a value is a handle.
    """
    head = encode_varint(_STEP_ID << 3) + encode_varint(step_id)
    return [head, *value_pieces_by_key(_VALUE, _DEAD, values)]


def value_pieces_by_key(field: int, dead_field: int, values: Sequence[KeyedValue]) -> list[Piece]:
    """Return values as fields of a message.

    Args:
      field: the number of the field of those that are live, NamedTensorProtos.
      dead_field: the number of the field with the keys of dead ones.
      values: the values by rendezvous key.

    Raises:
      UnimplementedError: a value is a handle.
    """
    pieces: list[Piece] = []
    for key, value in values:
        if value is DEAD:
            text = key.encode()
            pieces += (field_head(dead_field, len(text)), text)
            continue
        try:
            dtype = dtype_of_value(value)
        except TypeError:
            raise errors.unimplemented(
                f"A {type(value).__name__} cannot leave the task that holds it"
            ) from None
        pieces += named_value_pieces(field, key, value, dtype)
    return pieces


def read_push(
    message: memoryview, field: int = _VALUE, dead_field: int = _DEAD
) -> tuple[int, list[KeyedValue]]:
    """Return the step and the values of a PushRequest, or the values in another message.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    step_id = 0
    values: list[KeyedValue] = []
    try:
        for number, content in scan_fields(message):
            if number == field:
                key, tensor = split_named_tensor(content)
                values.append((key, value_from_message(tensor)))
            elif number == dead_field:
                values.append((bytes(content).decode(), DEAD))
            elif number == _STEP_ID and isinstance(content, int):
                step_id = content
    except (TypeError, ValueError) as error:
        raise errors.invalid_argument(f"Cannot read pushed values: {error}") from error
    return step_id, values
