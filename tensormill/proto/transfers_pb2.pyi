from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PushedValue(_message.Message):
    __slots__ = ("key", "dtype", "dim", "size", "is_dead")
    KEY_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    DIM_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    IS_DEAD_FIELD_NUMBER: _ClassVar[int]
    key: str
    dtype: int
    dim: _containers.RepeatedScalarFieldContainer[int]
    size: int
    is_dead: bool
    def __init__(self, key: _Optional[str] = ..., dtype: _Optional[int] = ..., dim: _Optional[_Iterable[int]] = ..., size: _Optional[int] = ..., is_dead: bool = ...) -> None: ...

class PushHeader(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _containers.RepeatedCompositeFieldContainer[PushedValue]
    def __init__(self, value: _Optional[_Iterable[_Union[PushedValue, _Mapping]]] = ...) -> None: ...
