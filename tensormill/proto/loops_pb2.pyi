from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RunLoopRequest(_message.Message):
    __slots__ = ("session_handle", "loop_id", "fetch", "target")
    SESSION_HANDLE_FIELD_NUMBER: _ClassVar[int]
    LOOP_ID_FIELD_NUMBER: _ClassVar[int]
    FETCH_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    session_handle: str
    loop_id: int
    fetch: _containers.RepeatedScalarFieldContainer[str]
    target: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, session_handle: _Optional[str] = ..., loop_id: _Optional[int] = ..., fetch: _Optional[_Iterable[str]] = ..., target: _Optional[_Iterable[str]] = ...) -> None: ...

class RunLoopResponse(_message.Message):
    __slots__ = ("steps", "status_code", "status_error_message")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    STATUS_ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    steps: int
    status_code: int
    status_error_message: str
    def __init__(self, steps: _Optional[int] = ..., status_code: _Optional[int] = ..., status_error_message: _Optional[str] = ...) -> None: ...

class StopLoopRequest(_message.Message):
    __slots__ = ("session_handle", "loop_id")
    SESSION_HANDLE_FIELD_NUMBER: _ClassVar[int]
    LOOP_ID_FIELD_NUMBER: _ClassVar[int]
    session_handle: str
    loop_id: int
    def __init__(self, session_handle: _Optional[str] = ..., loop_id: _Optional[int] = ...) -> None: ...

class StopLoopResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
