"""Device names: what a text such as "/job:ps/task:0/gpu:1" constrains, and how two of them merge.

Inside the runtime a device is a string in canonical form, and the functions here answer questions
about such strings from a cache. `DeviceSpec` is the object that users hold.

A part that is missing, or is `*`, is unconstrained.

Source: TensorFlow 1.15, python/framework/device_spec.py, core/util/device_name_utils.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tensormill.graph.errors import ErrorRecord, InvalidArgumentError, invalid_argument

__all__ = [
    "DeviceName",
    "DeviceNameError",
    "DeviceSpec",
    "canonical",
    "host_beside",
    "is_full",
    "matches",
    "merge_device_scopes",
    "merge_for_colocation",
    "parse_device_name",
]

_CACHE_SIZE: Final = 8192

# Types that may be written without "device:", as in "/gpu:0".
_SHORT_TYPES: Final = frozenset({"CPU", "GPU", "TPU"})

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)

_HINT: Final = (
    "write a device as /job:NAME/replica:N/task:N/device:TYPE:N, such as "
    "'/job:ps/task:0/device:CPU:0' or '/gpu:1'; every part may be left out."
)


@dataclass(frozen=True, slots=True)
class DeviceName:
    """The parts of a device name; None is unconstrained.

    Attributes:
      job: the job, such as "worker".
      replica: the replica, 0 for every task of a cluster.
      task: the task's index in its job.
      type: the device type in its own spelling, such as "CPU".
      index: the device's number among those of its type on the task.
    """

    job: str | None = None
    replica: int | None = None
    task: int | None = None
    type: str | None = None
    index: int | None = None

    def __str__(self) -> str:
        return _to_string(self.job, self.replica, self.task, self.type, self.index)


def _to_string(
    job: str | None, replica: int | None, task: int | None, kind: str | None, index: int | None
) -> str:
    text = ""
    if job is not None:
        text = f"/job:{job}"
    if replica is not None:
        text += f"/replica:{replica}"
    if task is not None:
        text += f"/task:{task}"
    if kind is not None:
        text += f"/device:{kind}:{'*' if index is None else index}"
    elif index is not None:
        text += f"/device:*:{index}"
    return text


class DeviceNameError(InvalidArgumentError, ValueError):
    """A device name is malformed.

    TensorFlow raises ValueError for it while a graph is built and InvalidArgumentError when it
    runs; this is both.
    """

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(None, None, f"Malformed device specification '{text}': {reason}")
        self.record = ErrorRecord(self.error_code, self.message, hint=_HINT)


_PATTERNS: Final = {
    "job": (_NAME, "is no job name"),
    "replica": (_NUMBER, "is no replica number"),
    "task": (_NUMBER, "is no task number"),
    "type": (_NAME, "is no device type"),
    "index": (_NUMBER, "is no device number"),
}


def _value(text: str, part: str, value: str) -> Any:
    """Return what the text says of a part, None for `*`."""
    if value == "*":
        return None
    pattern, complaint = _PATTERNS[part]
    if pattern.fullmatch(value) is None:
        raise DeviceNameError(text, f"{value!r} {complaint}")
    return int(value) if pattern is _NUMBER else value


def _pieces(text: str) -> Iterator[tuple[str, list[str]]]:
    """Split into (key, values), with shorthand such as `gpu:0` written out."""
    for piece in text.split("/"):
        key, *values = piece.split(":")
        if key.upper() in _SHORT_TYPES and len(values) <= 1:
            yield "device", [key.upper(), *values]
        elif key or values:
            yield key, values


@lru_cache(maxsize=_CACHE_SIZE)
def parse_device_name(text: str) -> DeviceName:
    """Return the parts of a device name.

    Reads what TensorFlow's Python and C++ parsers read: the parts in any order, `/cpu:0` and
    `/gpu:0` for `/device:CPU:0` and `/device:GPU:0`.

    Raises:
      DeviceNameError: `text` is malformed.

    >>> parse_device_name("/job:ps/task:1/gpu:0").type
    'GPU'
    """
    parts: dict[str, Any] = {}
    for key, values in _pieces(text):
        if key in ("job", "replica", "task") and len(values) == 1:
            parts[key] = _value(text, key, values[0])
        elif key == "device" and len(values) in (1, 2):
            if "type" in parts:
                raise DeviceNameError(text, "Multiple device types are not allowed")
            kind = _value(text, "type", values[0])
            parts["type"] = kind.upper() if kind in ("cpu", "gpu") else kind
            parts["index"] = _value(text, "index", values[1]) if len(values) == 2 else None
        else:
            raise DeviceNameError(text, f"Unknown attribute '{key}'")
    return DeviceName(**parts)


@lru_cache(maxsize=_CACHE_SIZE)
def canonical(text: str) -> str:
    """Return the one spelling of a device name, the parts in order.

    Raises:
      DeviceNameError: `text` is malformed.

    >>> canonical("/gpu:1/job:ps")
    '/job:ps/device:GPU:1'
    """
    return str(parse_device_name(text))


@lru_cache(maxsize=_CACHE_SIZE)
def is_full(text: str) -> bool:
    """Say whether a name has all its parts, so that it can name one device only.

    Raises:
      DeviceNameError: `text` is malformed.
    """
    name = parse_device_name(text)
    return None not in (name.job, name.replica, name.task, name.type, name.index)


@lru_cache(maxsize=_CACHE_SIZE)
def matches(spec: str, full_name: str) -> bool:
    """Say whether the device `full_name` satisfies every part that `spec` constrains.

    Raises:
      DeviceNameError: one of the two is malformed.

    >>> matches("/task:0", "/job:ps/replica:0/task:0/device:CPU:0")
    True
    """
    want, have = parse_device_name(spec), parse_device_name(full_name)
    return (
        (want.job is None or want.job == have.job)
        and (want.replica is None or want.replica == have.replica)
        and (want.task is None or want.task == have.task)
        and (want.type is None or want.type == have.type)
        and (want.index is None or want.index == have.index)
    )


@lru_cache(maxsize=_CACHE_SIZE)
def host_beside(full_name: str) -> str:
    """Return the full name of the first CPU of the task that has a device.

    >>> host_beside("/job:ps/replica:0/task:1/device:GPU:3")
    '/job:ps/replica:0/task:1/device:CPU:0'
    """
    return full_name.rpartition("/device:")[0] + "/device:CPU:0"


def merge_device_scopes(inner: str, outer: str) -> str:
    """Return `inner` with the parts that it leaves open taken from `outer`, canonical.

    Each part counts for itself: `/gpu:1` within `/job:ps/cpu:0` is `/job:ps/device:GPU:1`, and a
    type without a number takes the number of the outer scope.

    Raises:
      DeviceNameError: one of the two is malformed.
    """
    a, b = parse_device_name(inner), parse_device_name(outer)
    return _to_string(
        b.job if a.job is None else a.job,
        b.replica if a.replica is None else a.replica,
        b.task if a.task is None else a.task,
        b.type if a.type is None else a.type,
        b.index if a.index is None else a.index,
    )


# (field, its name in error texts), in the order in which they are merged.
_MERGE_ORDER: Final = (
    ("job", "jobs"),
    ("replica", "replicas"),
    ("task", "tasks"),
    ("type", "types"),
    ("index", "ids"),
)


@lru_cache(maxsize=_CACHE_SIZE)
def merge_for_colocation(target: str, other: str, allow_soft: bool = False) -> str:
    """Return the name that satisfies both of two colocated requests, canonical.

    Args:
      target: the request of the group so far.
      other: the request of the node that joins it.
      allow_soft: drop a conflict in the type (and then the number) or in the number instead of
        failing. Conflicts in job, replica and task always fail.

    Raises:
      InvalidArgumentError: the requests conflict.
      DeviceNameError: one of them is malformed.

    Source: TensorFlow 1.15, DeviceNameUtils::MergeDevNames.
    """
    parts = {field: getattr(parse_device_name(target), field) for field, _ in _MERGE_ORDER}
    joining = parse_device_name(other)
    for field, plural in _MERGE_ORDER:
        theirs = getattr(joining, field)
        if theirs is None:
            continue
        if parts[field] is None or parts[field] == theirs:
            parts[field] = theirs
            continue
        if allow_soft and field in ("type", "index"):
            parts["index"] = None
            if field == "type":
                parts["type"] = None
            break
        raise invalid_argument(
            f"Cannot merge devices with incompatible {plural}: "
            f"'{DeviceName(**parts)}' and '{joining}'"
        )
    return str(DeviceName(**parts))


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _int_or_none(value: Any) -> int | None:
    return None if value is None else int(value)


class DeviceSpec:
    """A device, possibly named in part only, as users write and change it (tf.DeviceSpec).

    >>> spec = DeviceSpec(job="ps", device_type="CPU", device_index=0)
    >>> spec.task = 1
    >>> spec.to_string()
    '/job:ps/task:1/device:CPU:0'
    """

    __slots__ = ("_device_index", "_device_type", "_job", "_replica", "_task")

    def __init__(
        self,
        job: Any = None,
        replica: Any = None,
        task: Any = None,
        device_type: Any = None,
        device_index: Any = None,
    ) -> None:
        self.job = job
        self.replica = replica
        self.task = task
        self.device_type = device_type
        self.device_index = device_index

    @property
    def job(self) -> str | None:
        """The job's name, or None."""
        return self._job

    @job.setter
    def job(self, job: Any) -> None:
        self._job = _text_or_none(job)

    @property
    def replica(self) -> int | None:
        """The replica's number, or None."""
        return self._replica

    @replica.setter
    def replica(self, replica: Any) -> None:
        self._replica = _int_or_none(replica)

    @property
    def task(self) -> int | None:
        """The task's number, or None."""
        return self._task

    @task.setter
    def task(self, task: Any) -> None:
        self._task = _int_or_none(task)

    @property
    def device_type(self) -> str | None:
        """The device type, such as "CPU", or None."""
        return self._device_type

    @device_type.setter
    def device_type(self, device_type: Any) -> None:
        text = _text_or_none(device_type)
        self._device_type = text.upper() if text in ("cpu", "gpu") else text

    @property
    def device_index(self) -> int | None:
        """The device's number, or None."""
        return self._device_index

    @device_index.setter
    def device_index(self, device_index: Any) -> None:
        self._device_index = _int_or_none(device_index)

    def parse_from_string(self, spec: str | None) -> DeviceSpec:
        """Take over what a text says, forget what this spec said before, and return this spec.

        Raises:
          ValueError: the text is malformed.
        """
        (
            self.job,
            self.replica,
            self.task,
            self.device_type,
            self.device_index,
        ) = _spec_components(spec or "")
        return self

    @classmethod
    def from_string(cls, spec: str | None) -> DeviceSpec:
        """Return the spec that a text says.

        Raises:
          ValueError: the text is malformed.
        """
        return cls(*_spec_components(spec or ""))

    def merge_from(self, dev: DeviceSpec) -> None:
        """Take over the parts that `dev` has."""
        self.__init__(*self._merged(dev))  # type: ignore[misc]

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """Return a new spec with the parts of `dev`, and those of this spec where it has none."""
        return type(self)(*self._merged(dev))

    def replace(self, **kwargs: Any) -> DeviceSpec:
        """Return a new spec with some parts exchanged; the names are those of the constructor."""
        parts: dict[str, Any] = {
            "job": self.job,
            "replica": self.replica,
            "task": self.task,
            "device_type": self.device_type,
            "device_index": self.device_index,
        }
        return type(self)(**{**parts, **kwargs})

    def to_string(self) -> str:
        """Return /job:<name>/replica:<id>/task:<id>/device:<type>:<id>, what is set of it."""
        index = None if self._device_type is None else self._device_index
        return _to_string(self._job, self._replica, self._task, self._device_type, index)

    def _merged(self, dev: DeviceSpec) -> tuple[Any, ...]:
        return (
            self.job if dev.job is None else dev.job,
            self.replica if dev.replica is None else dev.replica,
            self.task if dev.task is None else dev.task,
            self.device_type if dev.device_type is None else dev.device_type,
            self.device_index if dev.device_index is None else dev.device_index,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        return (
            f"<DeviceSpec(job={self.job}, replica={self.replica}, task={self.task}, "
            f"device_type={self.device_type}, device_index={self.device_index})>"
        )


@lru_cache(maxsize=_CACHE_SIZE)
def _spec_components(spec: str) -> tuple[Any, ...]:
    """Split as TensorFlow's Python parser does, which does not check what names are made of."""
    parts: dict[str, Any] = {}
    for key, values in _pieces(spec):
        if key == "job" and len(values) == 1:
            parts["job"] = values[0]
        elif key in ("replica", "task") and len(values) == 1:
            parts[key] = int(values[0])
        elif key == "device" and len(values) in (1, 2):
            if "device_type" in parts:
                raise ValueError(f"Cannot specify multiple device types: {spec}")
            parts["device_type"] = values[0]
            if len(values) == 2 and values[1] != "*":
                parts["device_index"] = int(values[1])
        elif key:
            raise ValueError(f"Unknown attribute: '{key}' in '{spec}'. To fix: {_HINT}")
    return tuple(
        parts.get(part) for part in ("job", "replica", "task", "device_type", "device_index")
    )
