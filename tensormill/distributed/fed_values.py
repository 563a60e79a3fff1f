"""Values that clients feed, as they stand in requests."""

from __future__ import annotations

from typing import Any, Final, Protocol

from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.distributed.tensor_layouts import TensorLayout
from tensormill.distributed.value_codec import check_proto_dtype, received_value, value_from_proto
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.endpoint_names import split_endpoint
from tensormill.runtime.plan.instructions import Form

__all__ = ["STORED_VERSION", "FedTensor", "KnownTensor", "WrittenTensor"]

STORED_VERSION: Final = 0x53464431
"""The `version_number` of a TensorProto that refers to a value that came in parts."""


class FedTensor(Protocol):
    """What is fed for one tensor."""

    def check_dtype(self, dtype: DType, name: str) -> None:
        """Refuse another dtype than that of the tensor that is fed.

        Raises:
          InternalError: the dtype is another.
        """

    def value(self, form: Form, max_bytes: int) -> Any:
        """Return the value in a form of the runtime.

        Raises:
          InvalidArgumentError: it is not sound, or takes more than `max_bytes`.
        """


class WrittenTensor:
    """A TensorProto.

    Attributes:
      proto: the message.
    """

    __slots__ = ("_content", "proto")

    def __init__(self, proto: Any, content: memoryview | None = None) -> None:
        """Take a message.

        Args:
          proto: the TensorProto.
          content: its `tensor_content`, where that is not in the message.
        """
        self.proto = proto
        self._content = content

    @property
    def is_stored(self) -> bool:
        """Whether it refers to a value that came in parts, see `stored_feeds`."""
        return bool(self.proto.version_number == STORED_VERSION)

    def check_dtype(self, dtype: DType, name: str) -> None:
        """Refuse another dtype."""
        if self.proto.dtype != dtype.base_dtype.as_datatype_enum:
            op_name, index = split_endpoint(name)
            check_proto_dtype(self.proto, dtype, f"_recv_{op_name}_{index}")

    def value(self, form: Form, max_bytes: int) -> Any:
        """Return the value."""
        return value_from_proto(self.proto, form, max_bytes, self._content)


class KnownTensor:
    """The content of a tensor of which the rest is known."""

    __slots__ = ("_content", "_layout")

    def __init__(self, layout: TensorLayout, content: memoryview) -> None:
        self._layout = layout
        self._content = content

    def check_dtype(self, dtype: DType, name: str) -> None:
        """Refuse another dtype."""
        if self._layout.dtype != dtype.base_dtype:
            op_name, index = split_endpoint(name)
            proto = TensorProto(dtype=self._layout.dtype.as_datatype_enum)
            check_proto_dtype(proto, dtype, f"_recv_{op_name}_{index}")

    def value(self, form: Form, max_bytes: int) -> Any:
        """Return the value."""
        layout = self._layout
        if len(self._content) > max_bytes:
            raise errors.invalid_argument(
                f"A tensor of shape {list(layout.shape)} is too large to be received"
            )
        return received_value(layout.array(self._content), layout.dtype, form, self._content)
