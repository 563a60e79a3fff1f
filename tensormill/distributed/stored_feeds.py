"""Values that come to a master in parts before the step that is fed them.

No message holds more than two gigabytes. A client of tensormill sends a larger value in parts, and
then a step in whose request a TensorProto refers to it: one with a `version_number` of
`STORED_VERSION`, whose `uint64_val` is the id of the value.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tensormill.distributed.call import Call, Handler
from tensormill.distributed.fed_values import FedTensor, WrittenTensor
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.value_codec import received_value
from tensormill.graph import errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.kernels.torch_dtypes import is_number
from tensormill.proto import feeds_pb2
from tensormill.runtime.plan.instructions import Form

__all__ = ["FeedService", "StoredFeeds"]


class StoredFeeds:
    """The values that a client has sent for the steps of one session. Any thread."""

    def __init__(self, limits: ServerLimits) -> None:
        self._most_bytes = limits.fed_bytes
        self._lock = threading.Lock()
        self._parts: dict[int, _Parts] = {}  # guarded by _lock

    def add(self, feed_id: int, size_bytes: int, offset_bytes: int, content: bytes) -> None:
        """Take a part of a value.

        Raises:
          ResourceExhaustedError: the values of the session would take too much.
          InvalidArgumentError: the part does not follow the one before it.
        """
        with self._lock:
            parts = self._parts.get(feed_id)
            if parts is None:
                held = sum(len(other.content) for other in self._parts.values())
                parts = self._parts[feed_id] = _Parts(size_bytes, self._most_bytes - held)
        parts.add(offset_bytes, content)

    def resolve(self, fed: Sequence[FedTensor]) -> list[FedTensor]:
        """Return what is fed to a step, with values in the place of references; each once.

        Raises:
          InvalidArgumentError: a value is not there as a whole.
        """
        return [
            self._take(tensor) if isinstance(tensor, WrittenTensor) and tensor.is_stored else tensor
            for tensor in fed
        ]

    def _take(self, reference: WrittenTensor) -> FedTensor:
        feed_id = next(iter(reference.proto.uint64_val), 0)
        with self._lock:
            parts = self._parts.pop(feed_id, None)
        if parts is None or not parts.is_whole:
            raise errors.invalid_argument(f"The value {feed_id} has not been sent as a whole")
        return _StoredTensor(reference, parts.content)


class _Parts:
    """A value of which the first bytes have come."""

    def __init__(self, size_bytes: int, most_bytes: int) -> None:
        if not 0 <= size_bytes <= most_bytes:
            raise errors.resource_exhausted(
                f"A value of {size_bytes} bytes is fed, and {most_bytes} are left"
            )
        try:
            self.content = np.empty(size_bytes, np.uint8)
        except MemoryError as error:
            raise errors.resource_exhausted(f"There is no room for {size_bytes} bytes") from error
        self._filled = 0

    @property
    def is_whole(self) -> bool:
        return self._filled == len(self.content)

    def add(self, offset_bytes: int, content: bytes) -> None:
        end = offset_bytes + len(content)
        if offset_bytes != self._filled or end > len(self.content):
            raise errors.invalid_argument(
                f"Part of a value from byte {offset_bytes} to {end}, where it is {self._filled} of "
                f"{len(self.content)} bytes long"
            )
        self.content[offset_bytes:end] = np.frombuffer(content, np.uint8)
        self._filled = end


class _StoredTensor:
    """A value that came in parts; see `FedTensor`."""

    def __init__(self, reference: WrittenTensor, content: np.ndarray[Any, Any]) -> None:
        self._reference = reference
        self._content = content

    def check_dtype(self, dtype: DType, name: str) -> None:
        """Refuse another dtype."""
        self._reference.check_dtype(dtype, name)

    def value(self, form: Form, max_bytes: int) -> Any:
        """Return the value, however large."""
        proto = self._reference.proto
        dtype = as_dtype(proto.dtype)
        shape = [dim.size for dim in proto.tensor_shape.dim]
        if not is_number(dtype):
            raise errors.invalid_argument(f"Values of dtype {dtype.name} cannot come in parts")
        try:
            array = self._content.view(dtype.as_numpy_dtype).reshape(shape)
        except ValueError as error:
            raise errors.invalid_argument(f"A value that came in parts: {error}") from error
        return received_value(array, dtype, form, None)


class FeedService:
    """Takes the parts of values for the sessions of one master."""

    def __init__(self, find: Callable[[str, Call], StoredFeeds]) -> None:
        """Serve the sessions of a master.

        Args:
          find: returns where the values for the session of a handle are kept.
        """
        self._find = find

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {"PutFeed": self._put_feed}

    def _put_feed(self, request: Any, call: Call) -> None:
        feeds = self._find(request.session_handle, call)
        feeds.add(request.feed_id, request.size_bytes, request.offset_bytes, request.content)
        call.reply(feeds_pb2.PutFeedResponse())
