from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class DebuggerEventMetadata(_message.Message):
    __slots__ = ("device", "output_slot", "num_chunks", "chunk_index")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SLOT_FIELD_NUMBER: _ClassVar[int]
    NUM_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    CHUNK_INDEX_FIELD_NUMBER: _ClassVar[int]
    device: str
    output_slot: int
    num_chunks: int
    chunk_index: int
    def __init__(self, device: _Optional[str] = ..., output_slot: _Optional[int] = ..., num_chunks: _Optional[int] = ..., chunk_index: _Optional[int] = ...) -> None: ...
