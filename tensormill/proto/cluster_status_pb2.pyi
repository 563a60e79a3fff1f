from tensormill.proto import device_attributes_pb2 as _device_attributes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SessionStatus(_message.Message):
    __slots__ = ("handle", "age_s", "graph_nodes", "running_steps")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    AGE_S_FIELD_NUMBER: _ClassVar[int]
    GRAPH_NODES_FIELD_NUMBER: _ClassVar[int]
    RUNNING_STEPS_FIELD_NUMBER: _ClassVar[int]
    handle: str
    age_s: float
    graph_nodes: int
    running_steps: int
    def __init__(self, handle: _Optional[str] = ..., age_s: _Optional[float] = ..., graph_nodes: _Optional[int] = ..., running_steps: _Optional[int] = ...) -> None: ...

class WaitingOperation(_message.Message):
    __slots__ = ("name", "op_type", "device", "resource")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OP_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    op_type: str
    device: str
    resource: str
    def __init__(self, name: _Optional[str] = ..., op_type: _Optional[str] = ..., device: _Optional[str] = ..., resource: _Optional[str] = ...) -> None: ...

class StepStatus(_message.Message):
    __slots__ = ("step_id", "session_handle", "age_s", "waiting")
    STEP_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_HANDLE_FIELD_NUMBER: _ClassVar[int]
    AGE_S_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    step_id: int
    session_handle: str
    age_s: float
    waiting: _containers.RepeatedCompositeFieldContainer[WaitingOperation]
    def __init__(self, step_id: _Optional[int] = ..., session_handle: _Optional[str] = ..., age_s: _Optional[float] = ..., waiting: _Optional[_Iterable[_Union[WaitingOperation, _Mapping]]] = ...) -> None: ...

class QueueStatus(_message.Message):
    __slots__ = ("size", "capacity", "is_closed", "waiting_enqueues", "waiting_dequeues")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    IS_CLOSED_FIELD_NUMBER: _ClassVar[int]
    WAITING_ENQUEUES_FIELD_NUMBER: _ClassVar[int]
    WAITING_DEQUEUES_FIELD_NUMBER: _ClassVar[int]
    size: int
    capacity: int
    is_closed: bool
    waiting_enqueues: int
    waiting_dequeues: int
    def __init__(self, size: _Optional[int] = ..., capacity: _Optional[int] = ..., is_closed: bool = ..., waiting_enqueues: _Optional[int] = ..., waiting_dequeues: _Optional[int] = ...) -> None: ...

class ResourceStatus(_message.Message):
    __slots__ = ("container", "kind", "name", "size_bytes", "description", "queue")
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    container: str
    kind: str
    name: str
    size_bytes: int
    description: str
    queue: QueueStatus
    def __init__(self, container: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., description: _Optional[str] = ..., queue: _Optional[_Union[QueueStatus, _Mapping]] = ...) -> None: ...

class TaskStatusResponse(_message.Message):
    __slots__ = ("task", "address", "version", "process_id", "uptime_s", "is_finished", "device", "session", "step", "resource")
    TASK_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    IS_FINISHED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    task: str
    address: str
    version: str
    process_id: int
    uptime_s: float
    is_finished: bool
    device: _containers.RepeatedCompositeFieldContainer[_device_attributes_pb2.DeviceAttributes]
    session: _containers.RepeatedCompositeFieldContainer[SessionStatus]
    step: _containers.RepeatedCompositeFieldContainer[StepStatus]
    resource: _containers.RepeatedCompositeFieldContainer[ResourceStatus]
    def __init__(self, task: _Optional[str] = ..., address: _Optional[str] = ..., version: _Optional[str] = ..., process_id: _Optional[int] = ..., uptime_s: _Optional[float] = ..., is_finished: bool = ..., device: _Optional[_Iterable[_Union[_device_attributes_pb2.DeviceAttributes, _Mapping]]] = ..., session: _Optional[_Iterable[_Union[SessionStatus, _Mapping]]] = ..., step: _Optional[_Iterable[_Union[StepStatus, _Mapping]]] = ..., resource: _Optional[_Iterable[_Union[ResourceStatus, _Mapping]]] = ...) -> None: ...

class ClusterStatusRequest(_message.Message):
    __slots__ = ("timeout_s",)
    TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    timeout_s: float
    def __init__(self, timeout_s: _Optional[float] = ...) -> None: ...

class TaskReport(_message.Message):
    __slots__ = ("task", "address", "status", "problem")
    TASK_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    task: str
    address: str
    status: TaskStatusResponse
    problem: str
    def __init__(self, task: _Optional[str] = ..., address: _Optional[str] = ..., status: _Optional[_Union[TaskStatusResponse, _Mapping]] = ..., problem: _Optional[str] = ...) -> None: ...

class ClusterStatusResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: _containers.RepeatedCompositeFieldContainer[TaskReport]
    def __init__(self, report: _Optional[_Iterable[_Union[TaskReport, _Mapping]]] = ...) -> None: ...

class FinishRequest(_message.Message):
    __slots__ = ("is_for_one_task",)
    IS_FOR_ONE_TASK_FIELD_NUMBER: _ClassVar[int]
    is_for_one_task: bool
    def __init__(self, is_for_one_task: bool = ...) -> None: ...

class FinishResponse(_message.Message):
    __slots__ = ("untold",)
    UNTOLD_FIELD_NUMBER: _ClassVar[int]
    untold: _containers.RepeatedCompositeFieldContainer[TaskReport]
    def __init__(self, untold: _Optional[_Iterable[_Union[TaskReport, _Mapping]]] = ...) -> None: ...
