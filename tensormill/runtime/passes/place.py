"""Placement: the device of every operation of a session's graph, by TensorFlow's simple placer.

1. An operation that was placed in an earlier run stays where it is.
2. One that the user pinned goes to its device; the best that fits, where the pin leaves a choice.
3. Any other goes to the default device: the first GPU with a kernel for it, or else the first CPU.

Operations that hold a reference or a resource go where it is, colocation groups stay together,
constants go with their consumers. The whole graph is placed, run or not, so one operation without a
place stops every run.

Source: TensorFlow 1.15, core/common_runtime/placer.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph.device_names import matches
from tensormill.graph.operation import Operation
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.passes.placement.colocation import Colocation, Member
from tensormill.runtime.passes.placement.device_set import DeviceSet
from tensormill.runtime.passes.placement.failures import no_device, no_kernel
from tensormill.runtime.passes.placement.op_rules import OpRules, reference_inputs
from tensormill.runtime.passes.placement.reasons import Cause, Reason

__all__ = ["Placement"]

_GROUP_PREFIX = b"loc:@"


@dataclass(slots=True, frozen=True)
class _Choice:
    """What is decided for every operation of one kind with one request.

    Attributes:
      device: the best of the candidates.
      candidates: all devices that would do.
      reason: why.
    """

    device: str
    candidates: tuple[str, ...]
    reason: Reason


class Placement:
    """The devices of a session's operations, extended as its graph grows.

    Attributes:
      devices: operation to the full name of its device, in the order of their placement.
      reasons: operation to why it is there.
      device_set: the devices.
    """

    def __init__(
        self, devices: Sequence[AnyDevice], config: Any = None, own_task: str | None = None
    ) -> None:
        """Open a placement without operations.

        Args:
          devices: those of all tasks of the session.
          config: the session's ConfigProto; `allow_soft_placement` counts.
          own_task: the master's task; by default that of the first device.
        """
        if own_task is None:
            own_task = devices[0].name.rpartition("/device:")[0]
        self._own_task = own_task
        self.devices: dict[Operation, str] = {}
        self.reasons: dict[Operation, Reason] = {}
        self.device_set = self._device_set = DeviceSet(devices, own_task)
        self._allow_soft = config is not None and config.allow_soft_placement
        self._rules: dict[str, OpRules] = {}
        self._group_firsts: dict[str, Operation] = {}
        self._groups_without_operation: set[str] = set()

    def use_devices(self, devices: Sequence[AnyDevice]) -> None:
        """Choose from now on among these devices; there are more of them than before."""
        self.device_set = self._device_set = DeviceSet(devices, self._own_task)
        self._rules = {}

    def extend(self, operations: Sequence[Operation]) -> None:
        """Place the operations that are new; those placed before stay where they are.

        Args:
          operations: those of the whole graph in the order of their creation; the first ones are
            those given before.

        Raises:
          InvalidArgumentError: an operation has no place; nothing is placed then.
        """
        new = operations[len(self.devices) :]
        firsts, open_groups = dict(self._group_firsts), set(self._groups_without_operation)
        try:
            members = self._colocate(new)
            generators = [op for op in new if not self._place(op, members)]
            for op in generators:
                self._place_generator(op, members)
        except Exception:
            for op in new:
                self.devices.pop(op, None)
                self.reasons.pop(op, None)
            self._group_firsts, self._groups_without_operation = firsts, open_groups
            raise

    def _rules_of(self, op: Operation) -> OpRules:
        rules = self._rules[op.type] = OpRules(op.op_schema, self._device_set.types)
        return rules

    def _place(self, op: Operation, members: dict[Operation, Member]) -> bool:
        """Place an operation; return False for a generator, which waits for its consumers."""
        rules = self._rules.get(op.type) or self._rules_of(op)
        if rules.is_generator:
            return False
        if members and op in members:
            self._place_member(members[op], rules.is_metadata)
            return True
        choice = self._choice(op, rules)
        self.devices[op], self.reasons[op] = choice.device, choice.reason
        if rules.is_metadata:
            self._follow(op, self._input_device(op, choice.candidates), Cause.METADATA, op)
        return True

    def _choice(self, op: Operation, rules: OpRules) -> _Choice:
        """Return the decision for an operation that is bound to no other."""
        supported = rules.only or rules.supported(op.attrs)
        choice: _Choice | None = supported.choices.get(op._device)
        if choice is None:
            types = self._types(op, supported.types)
            choice = supported.choices[op._device] = self._decide(Member(op, types, ""), op)
        return choice

    def _types(self, op: Operation, types: tuple[str, ...]) -> tuple[str, ...]:
        """Return the supported types; another task may have kernels where there are none here."""
        if types:
            return types
        if op._device and self._device_set.is_foreign(op._device):
            return self._device_set.types
        raise no_kernel(op, self._device_set)

    def _decide(self, root: Member, op: Operation) -> _Choice:
        """Return the devices for a set of colocated operations, asked for by one of them."""
        devices = self._device_set
        request = root.requested
        candidates = devices.candidates(request, root.types)
        if candidates:
            reason = Reason(Cause.PINNED, request) if request else self._default_reason(root)
            return _Choice(candidates[0], candidates, reason)
        if request and self._allow_soft:
            for softer in root.soft_requests():
                candidates = devices.candidates(softer, root.types)
                if candidates:
                    return _Choice(candidates[0], candidates, Reason(Cause.SOFT, request))
        raise no_device(op, root, devices)

    def _default_reason(self, root: Member) -> Reason:
        missing = [kind for kind in self._device_set.types if kind not in root.types]
        if missing and self._device_set.types.index(root.types[0]) > 0:
            return Reason(Cause.ONLY_KERNEL, missing[0])
        return Reason(Cause.DEFAULT)

    def _input_device(self, op: Operation, candidates: tuple[str, ...]) -> str | None:
        device = self.devices.get(op.input_tensors[0].op)
        return device if device in candidates else None

    def _follow(self, op: Operation, device: str | None, cause: Cause, other: Operation) -> None:
        if device is not None and device != self.devices[op]:
            subject = other.input_tensors[0].op if cause is Cause.METADATA else other
            self.devices[op], self.reasons[op] = device, Reason(cause, subject.name)

    def _place_generator(self, op: Operation, members: dict[Operation, Member]) -> None:
        """Place an operation without inputs with its consumers, if they are all in one place."""
        if members and op in members:
            self._place_member(members[op], False)
            return
        choice = self._choice(op, self._rules[op.type])
        self.devices[op], self.reasons[op] = choice.device, choice.reason
        devices = self.devices
        consumers = op.outputs[0]._consumers or op._control_outputs
        if not consumers:
            return
        device = devices.get(consumers[0])
        if device == choice.device or device not in choice.candidates:
            return
        for group in (consumers, op._control_outputs or ()):
            for consumer in group:
                if devices.get(consumer) != device:
                    return
        self._follow(op, device, Cause.CONSUMERS, consumers[0])

    def _colocate(self, new: Sequence[Operation]) -> dict[Operation, Member]:
        """Return the members of sets that must share a device."""
        known = self._rules
        waiting = self._groups_without_operation
        bound = []
        for op in new:
            rules = known.get(op.type) or self._rules_of(op)
            if (
                "_class" in op.attrs
                or (rules.binding and rules.is_bound(op))
                or (waiting and op.name in waiting)
            ):
                bound.append(op)
        if not bound:
            return {}
        colocation = Colocation(self._allow_soft)
        for op in bound:
            if self._rules[op.type].is_bound(op):
                for source in reference_inputs(op):
                    colocation.join_reference(
                        self._member(source, colocation), self._member(op, colocation)
                    )
        for op in bound:
            self._join_groups(op, colocation)
        return colocation.members

    def _member(self, op: Operation, colocation: Colocation) -> Member:
        member = colocation.members.get(op)
        if member is None:
            rules = self._rules.get(op.type) or self._rules_of(op)
            types = self._types(op, rules.supported(op.attrs).types)
            member = Member(op, types, self.devices.get(op, ""))
            colocation.members[op] = member
        return member

    def _join_groups(self, op: Operation, colocation: Colocation) -> None:
        member = self._member(op, colocation)
        if op.name in self._groups_without_operation:
            self._groups_without_operation.discard(op.name)
            first = self._member(self._group_firsts[op.name], colocation)
            colocation.join_group(member, first, op.name)
        for name in op.attrs.get("_class", ()):
            if not name.startswith(_GROUP_PREFIX):
                continue
            group = name[len(_GROUP_PREFIX) :].decode()
            if group == op.name:
                continue
            first_op = self._group_firsts.get(group)
            if first_op is None:
                first_op = op.graph._operations_by_name.get(group, op)
                self._group_firsts[group] = first_op
                if first_op is op:
                    self._groups_without_operation.add(group)
            colocation.join_group(member, self._member(first_op, colocation), group)

    def _place_member(self, member: Member, is_metadata: bool) -> None:
        """Place an operation that others are bound to; the first one decides for all."""
        root, op = member.root(), member.op
        if not root.assigned:
            choice = self._decide(root, op)
            device = choice.device
            if is_metadata:
                device = self._input_device(op, choice.candidates) or device
            root.assigned = device
        elif not self._device_set.candidates(root.assigned, root.types):
            raise no_device(op, root, self._device_set)  # it was placed in an earlier run
        self.devices[op] = root.assigned
        self.reasons[op] = self._member_reason(member, root)

    def _member_reason(self, member: Member, root: Member) -> Reason:
        op, device = member.op, root.assigned
        by = root.requested_by
        # The request of an operation that was made colocated is a copy of the other's.
        is_copy = (
            member.reason is not None and by is not None and by is not op and by.device == op.device
        )
        if op.device and matches(op.device, device) and not is_copy:
            return Reason(Cause.PINNED, op.device)
        if member.reason is not None:
            return member.reason
        if op.device:
            return Reason(Cause.SOFT, op.device)
        if by is not None and by is not op:
            return Reason(Cause.COLOCATED, by.name)
        for other in root.ops:
            if other.own_types[0] != member.own_types[0] and other.own_types == root.types:
                return Reason(Cause.COLOCATED, other.op.name)
        return self._default_reason(root)
