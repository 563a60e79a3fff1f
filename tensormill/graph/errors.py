"""What fails at run time: one exception class per TensorFlow status code, and what it tells.

    OpError
    ├── CancelledError (1)            someone asked
    ├── UnknownError (2)              an error of a foreign kind
    ├── InvalidArgumentError (3)      the value is wrong in any state
    ├── DeadlineExceededError (4)     it took longer than allowed
    ├── NotFoundError (5)             a file, resource or device that is not there
    ├── AlreadyExistsError (6)        it is there already
    ├── PermissionDeniedError (7)     not allowed to do this
    ├── ResourceExhaustedError (8)    no room left
    ├── FailedPreconditionError (9)   the right value in the wrong state (uninitialized variable)
    ├── AbortedError (10)             retry the step
    ├── OutOfRangeError (11)          input or closed queue exhausted
    ├── UnimplementedError (12)       not supported
    ├── InternalError (13)            our bug
    ├── UnavailableError (14)         peer unreachable, retry the call
    ├── DataLossError (15)            a file is damaged
    └── UnauthenticatedError (16)     who is asking is not known

An error can carry an `ErrorRecord`: the facts, as data. A kernel raises `invalid_argument(text,
hint=...)` and knows nothing of the operation; the runtime adds what it knows with
`attach_operation`; between tasks the record travels, never a text to be parsed.

Building a graph raises ValueError and TypeError, as TensorFlow does.

Source: TensorFlow 1.15, python/framework/errors_impl.py.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, ClassVar, Final, TypeVar

from tensormill.graph.creation_site import CreationSite

__all__ = [
    "ABORTED",
    "ALREADY_EXISTS",
    "CANCELLED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OK",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
    "AbortedError",
    "AlreadyExistsError",
    "CancelledError",
    "DataLossError",
    "DeadlineExceededError",
    "ErrorRecord",
    "FailedPreconditionError",
    "InaccessibleTensorError",
    "InternalError",
    "InvalidArgumentError",
    "NotFoundError",
    "OpError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "Status",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UnknownError",
    "aborted",
    "already_exists",
    "attach_operation",
    "cancelled",
    "data_loss",
    "deadline_exceeded",
    "error_code_from_exception_type",
    "error_from_code",
    "error_from_record",
    "exception_type_from_error_code",
    "failed_precondition",
    "internal",
    "invalid_argument",
    "not_found",
    "out_of_range",
    "permission_denied",
    "raise_exception_on_not_ok_status",
    "record_of",
    "resource_exhausted",
    "unauthenticated",
    "unavailable",
    "unimplemented",
    "unknown",
]

OK: Final = 0
CANCELLED: Final = 1
UNKNOWN: Final = 2
INVALID_ARGUMENT: Final = 3
DEADLINE_EXCEEDED: Final = 4
NOT_FOUND: Final = 5
ALREADY_EXISTS: Final = 6
PERMISSION_DENIED: Final = 7
RESOURCE_EXHAUSTED: Final = 8
FAILED_PRECONDITION: Final = 9
ABORTED: Final = 10
OUT_OF_RANGE: Final = 11
UNIMPLEMENTED: Final = 12
INTERNAL: Final = 13
UNAVAILABLE: Final = 14
DATA_LOSS: Final = 15
UNAUTHENTICATED: Final = 16


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """The facts of a runtime error, as data.

    Attributes:
      code: TensorFlow's status code.
      message: what was expected and what came, without the name of the operation.
      op_name: the operation that failed, or None.
      op_type: its type, such as "MatMul".
      device: the full name of the device that it ran on.
      creation_site: the line of the user's program that made it.
      step_id: the step in which it failed.
      hint: what to do.
    """

    code: int
    message: str
    op_name: str | None = None
    op_type: str | None = None
    device: str | None = None
    creation_site: CreationSite | str | None = None
    step_id: int | None = None
    hint: str | None = None

    @property
    def tagged_message(self) -> str:
        """The message with `[[{{node NAME}}]]` at its end, as TensorFlow's clients expect."""
        if not self.op_name or "[[{{node " in self.message:
            return self.message
        return f"{self.message}\n\t [[{{{{node {self.op_name}}}}}]]"

    def __str__(self) -> str:
        lines = [self.message]
        if self.op_name:
            where = f" on {self.device}" if self.device else ""
            when = f", step {self.step_id}" if self.step_id is not None else ""
            lines.append(f"  operation '{self.op_name}'{where}{when}")
        if self.creation_site:
            lines.append(f"  created at {self.creation_site}")
        if self.hint:
            lines.append(f"  to fix: {self.hint}")
        return "\n".join(lines)


class OpError(Exception):
    """The base class of the errors that running a graph raises.

    Attributes:
      node_def: the NodeDef of the operation that failed, or None.
      op: the operation that failed, or None.
      message: what went wrong; it names the operation as `[[{{node NAME}}]]` once that is known.
      error_code: TensorFlow's status code.
      record: the facts as data, or None for an error that says nothing but its message.

    >>> error = invalid_argument("a is [2], b is [3]", hint="make them equal")
    >>> _ = attach_operation(error, op_name="sum", device="/device:CPU:0", step_id=7)
    >>> print(error)
    a is [2], b is [3]
      operation 'sum' on /device:CPU:0, step 7
      to fix: make them equal
    """

    record: ErrorRecord | None

    def __init__(
        self, node_def: Any, op: Any, message: str, error_code: int, *payloads: Any
    ) -> None:
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code
        self.experimental_payloads = payloads[0] if payloads and payloads[0] else {}
        self.record = None

    @property
    def message(self) -> str:
        """What went wrong, with the operation named as TensorFlow's clients want it."""
        return self._message if self.record is None else self.record.tagged_message

    @property
    def op(self) -> Any:
        """The operation that failed; None if it is not known or not one of the user's graph."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, or None."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """TensorFlow's status code."""
        return self._error_code

    def __str__(self) -> str:
        return str(record_of(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def __copy__(self) -> OpError:
        return _restore(type(self), self.__dict__.copy())

    def __deepcopy__(self, memo: dict[int, Any]) -> OpError:
        # A graph is never copied along with an error that names one of its operations.
        return _restore(type(self), self.__dict__.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        # An operation holds its graph and cannot travel: the record says what is known of it.
        state = {**self.__dict__, "_op": None}
        if self._op is not None:
            state["record"] = record_of(self)
        return _restore, (type(self), state)


def _restore(kind: type[OpError], state: dict[str, Any]) -> OpError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


class _CodedError(OpError):
    """An error whose class says its status code."""

    _code: ClassVar[int]

    def __init__(self, node_def: Any, op: Any, message: str, *payloads: Any) -> None:
        super().__init__(node_def, op, message, self._code, *payloads)


class CancelledError(_CodedError):
    """The operation or step was cancelled on request."""

    _code = CANCELLED


class UnknownError(OpError):
    """An error of a kind that has no code of its own, such as an exception in a Python function."""

    def __init__(
        self, node_def: Any, op: Any, message: str, error_code: int = UNKNOWN, *payloads: Any
    ) -> None:
        super().__init__(node_def, op, message, error_code, *payloads)


class InvalidArgumentError(_CodedError):
    """An operation got an argument that is wrong whatever the state of the system."""

    _code = INVALID_ARGUMENT


class DeadlineExceededError(_CodedError):
    """The time allowed was over before the operation was done."""

    _code = DEADLINE_EXCEEDED


class NotFoundError(_CodedError):
    """A file, resource or device that was asked for is not there."""

    _code = NOT_FOUND


class AlreadyExistsError(_CodedError):
    """What was to be made is there already."""

    _code = ALREADY_EXISTS


class PermissionDeniedError(_CodedError):
    """The caller may not do this."""

    _code = PERMISSION_DENIED


class UnauthenticatedError(_CodedError):
    """The caller has not shown who they are."""

    _code = UNAUTHENTICATED


class ResourceExhaustedError(_CodedError):
    """Memory, disk or another resource has run out."""

    _code = RESOURCE_EXHAUSTED


class FailedPreconditionError(_CodedError):
    """The state does not allow it yet: a variable that is not initialized, a closed session."""

    _code = FAILED_PRECONDITION


class AbortedError(_CodedError):
    """The step was given up, mostly because of something that runs beside it; retry the step."""

    _code = ABORTED


class OutOfRangeError(_CodedError):
    """The end of the input is reached: a closed and empty queue, the last record of a reader."""

    _code = OUT_OF_RANGE


class UnimplementedError(_CodedError):
    """The operation is not supported in this form."""

    _code = UNIMPLEMENTED


class InternalError(_CodedError):
    """An invariant of the runtime is broken: a bug of ours."""

    _code = INTERNAL


class UnavailableError(_CodedError):
    """A task cannot be reached at the moment; retry the call."""

    _code = UNAVAILABLE


class DataLossError(_CodedError):
    """Stored data is lost or damaged."""

    _code = DATA_LOSS


_CODE_TO_CLASS: Final[dict[int, type[OpError]]] = {
    CANCELLED: CancelledError,
    UNKNOWN: UnknownError,
    INVALID_ARGUMENT: InvalidArgumentError,
    DEADLINE_EXCEEDED: DeadlineExceededError,
    NOT_FOUND: NotFoundError,
    ALREADY_EXISTS: AlreadyExistsError,
    PERMISSION_DENIED: PermissionDeniedError,
    RESOURCE_EXHAUSTED: ResourceExhaustedError,
    FAILED_PRECONDITION: FailedPreconditionError,
    ABORTED: AbortedError,
    OUT_OF_RANGE: OutOfRangeError,
    UNIMPLEMENTED: UnimplementedError,
    INTERNAL: InternalError,
    UNAVAILABLE: UnavailableError,
    DATA_LOSS: DataLossError,
    UNAUTHENTICATED: UnauthenticatedError,
}
_CLASS_TO_CODE: Final = {kind: code for code, kind in _CODE_TO_CLASS.items()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """Return the exception class of a status code.

    Raises:
      KeyError: there is no such code, or it is OK.
    """
    return _CODE_TO_CLASS[error_code]


def error_code_from_exception_type(cls: type[BaseException]) -> int:
    """Return the status code of an exception class or of the class that it derives from.

    A class outside the tree is UNKNOWN, with a warning.
    """
    for base in cls.__mro__:
        if base in _CLASS_TO_CODE:
            return _CLASS_TO_CODE[base]
    warnings.warn("Unknown class exception", stacklevel=2)
    return UNKNOWN


def error_from_code(
    code: int, message: str, *, node_def: Any = None, op: Any = None, hint: str | None = None
) -> OpError:
    """Return the error of a status code; one that TensorFlow does not know is an `UnknownError`."""
    return error_from_record(ErrorRecord(code, message, hint=hint), node_def=node_def, op=op)


def error_from_record(record: ErrorRecord, *, node_def: Any = None, op: Any = None) -> OpError:
    """Return the error that a record tells of."""
    kind = _CODE_TO_CLASS.get(record.code)
    if kind is None:
        error: OpError = UnknownError(node_def, op, record.message, record.code)
    else:
        error = kind(node_def, op, record.message)  # type: ignore[call-arg]
    error.record = record
    return error


def record_of(error: OpError) -> ErrorRecord:
    """Return the facts of an error, from its operation where it has no record of its own."""
    if error.record is not None:
        return error.record
    op, node_def = error._op, error._node_def
    named = op if op is not None else node_def
    if named is None:
        return ErrorRecord(error._error_code, error._message)
    return ErrorRecord(
        error._error_code,
        error._message,
        op_name=named.name,
        op_type=op.type if op is not None else node_def.op,
        device=named.device or None,
        creation_site=getattr(op, "creation_site", None),
    )


Error = TypeVar("Error", bound=OpError)


def attach_operation(
    error: Error,
    *,
    op_name: str | None = None,
    op_type: str | None = None,
    device: str | None = None,
    creation_site: CreationSite | str | None = None,
    step_id: int | None = None,
    hint: str | None = None,
    op: Any = None,
    node_def: Any = None,
) -> Error:
    """Add to an error what is known of the operation that failed, and return the error.

    What the error says already stays: it was told nearer to the place where it happened. Once it
    names an operation, another operation adds nothing but the step.
    """
    if op is not None and op_name is None:
        op_name = op.name
    known = record_of(error)
    same = known.op_name is None or op_name is None or known.op_name == op_name
    record = replace(known, step_id=step_id if known.step_id is None else known.step_id)
    if same:
        record = replace(
            record,
            op_name=known.op_name or op_name,
            op_type=known.op_type or op_type or (op.type if op is not None else None),
            device=known.device or device,
            creation_site=known.creation_site
            or creation_site
            or getattr(op, "creation_site", None),
            hint=known.hint or hint,
        )
        if error._op is None:
            error._op = op
        if error._node_def is None:
            error._node_def = node_def
    error.record = record
    return error


def _with_hint(kind: type[Error], message: str, hint: str | None) -> Error:
    error = kind(None, None, message)  # type: ignore[call-arg]
    if hint is not None:
        error.record = ErrorRecord(error._error_code, message, hint=hint)
    return error


def cancelled(message: str, *, hint: str | None = None) -> CancelledError:
    """Return a `CancelledError` to raise; `hint` says what to do."""
    return _with_hint(CancelledError, message, hint)


def unknown(message: str, *, hint: str | None = None) -> UnknownError:
    """Return an `UnknownError` to raise; `hint` says what to do."""
    return _with_hint(UnknownError, message, hint)


def invalid_argument(message: str, *, hint: str | None = None) -> InvalidArgumentError:
    """Return an `InvalidArgumentError` to raise; `hint` says what to do."""
    return _with_hint(InvalidArgumentError, message, hint)


def deadline_exceeded(message: str, *, hint: str | None = None) -> DeadlineExceededError:
    """Return a `DeadlineExceededError` to raise; `hint` says what to do."""
    return _with_hint(DeadlineExceededError, message, hint)


def not_found(message: str, *, hint: str | None = None) -> NotFoundError:
    """Return a `NotFoundError` to raise; `hint` says what to do."""
    return _with_hint(NotFoundError, message, hint)


def already_exists(message: str, *, hint: str | None = None) -> AlreadyExistsError:
    """Return an `AlreadyExistsError` to raise; `hint` says what to do."""
    return _with_hint(AlreadyExistsError, message, hint)


def permission_denied(message: str, *, hint: str | None = None) -> PermissionDeniedError:
    """Return a `PermissionDeniedError` to raise; `hint` says what to do."""
    return _with_hint(PermissionDeniedError, message, hint)


def resource_exhausted(message: str, *, hint: str | None = None) -> ResourceExhaustedError:
    """Return a `ResourceExhaustedError` to raise; `hint` says what to do."""
    return _with_hint(ResourceExhaustedError, message, hint)


def failed_precondition(message: str, *, hint: str | None = None) -> FailedPreconditionError:
    """Return a `FailedPreconditionError` to raise; `hint` says what to do."""
    return _with_hint(FailedPreconditionError, message, hint)


def aborted(message: str, *, hint: str | None = None) -> AbortedError:
    """Return an `AbortedError` to raise; `hint` says what to do."""
    return _with_hint(AbortedError, message, hint)


def out_of_range(message: str, *, hint: str | None = None) -> OutOfRangeError:
    """Return an `OutOfRangeError` to raise; `hint` says what to do."""
    return _with_hint(OutOfRangeError, message, hint)


def unimplemented(message: str, *, hint: str | None = None) -> UnimplementedError:
    """Return an `UnimplementedError` to raise; `hint` says what to do."""
    return _with_hint(UnimplementedError, message, hint)


def internal(message: str, *, hint: str | None = None) -> InternalError:
    """Return an `InternalError` to raise; `hint` says what to do."""
    return _with_hint(InternalError, message, hint)


def unavailable(message: str, *, hint: str | None = None) -> UnavailableError:
    """Return an `UnavailableError` to raise; `hint` says what to do."""
    return _with_hint(UnavailableError, message, hint)


def data_loss(message: str, *, hint: str | None = None) -> DataLossError:
    """Return a `DataLossError` to raise; `hint` says what to do."""
    return _with_hint(DataLossError, message, hint)


def unauthenticated(message: str, *, hint: str | None = None) -> UnauthenticatedError:
    """Return an `UnauthenticatedError` to raise; `hint` says what to do."""
    return _with_hint(UnauthenticatedError, message, hint)


class InaccessibleTensorError(ValueError):
    """A tensor or operation is used outside of the function or block of code that it is in."""


class Status:
    """A status code with its message, to be set by what runs inside a with-block.

    Attributes:
      code: TensorFlow's status code; OK unless set.
      message: what went wrong.
    """

    __slots__ = ("code", "message")

    def __init__(self) -> None:
        self.code = OK
        self.message = ""

    def set(self, code: int, message: str) -> None:
        """Set code and message."""
        self.code = code
        self.message = message


class raise_exception_on_not_ok_status:
    """Give a `Status` to a with-block and raise its error at the end, unless it is OK."""

    def __enter__(self) -> Status:
        self.status = Status()
        return self.status

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.status.code != OK:
            raise error_from_code(self.status.code, self.status.message)
