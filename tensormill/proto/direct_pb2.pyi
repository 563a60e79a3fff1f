from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class OfferRequest(_message.Message):
    __slots__ = ("host_id",)
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    host_id: str
    def __init__(self, host_id: _Optional[str] = ...) -> None: ...

class OfferResponse(_message.Message):
    __slots__ = ("local_name", "port", "token", "method")
    LOCAL_NAME_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    local_name: str
    port: int
    token: bytes
    method: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, local_name: _Optional[str] = ..., port: _Optional[int] = ..., token: _Optional[bytes] = ..., method: _Optional[_Iterable[str]] = ...) -> None: ...
