from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PutFeedRequest(_message.Message):
    __slots__ = ("session_handle", "feed_id", "size_bytes", "offset_bytes", "content")
    SESSION_HANDLE_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    session_handle: str
    feed_id: int
    size_bytes: int
    offset_bytes: int
    content: bytes
    def __init__(self, session_handle: _Optional[str] = ..., feed_id: _Optional[int] = ..., size_bytes: _Optional[int] = ..., offset_bytes: _Optional[int] = ..., content: _Optional[bytes] = ...) -> None: ...

class PutFeedResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
