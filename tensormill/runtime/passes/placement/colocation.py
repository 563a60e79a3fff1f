"""`Colocation`: operations that must share a device, by references, resources or `loc:@` names.

The groups are kept as disjoint sets. The root of a set holds what the whole set asks for.

Source: TensorFlow 1.15, core/common_runtime/colocation_graph.cc.
"""

from __future__ import annotations

from tensormill.graph import dtypes
from tensormill.graph.device_names import (
    canonical,
    merge_device_scopes,
    merge_for_colocation,
    parse_device_name,
)
from tensormill.graph.errors import InvalidArgumentError, attach_operation, invalid_argument
from tensormill.graph.operation import Operation
from tensormill.runtime.passes.placement.reasons import Cause, Reason
from tensormill.runtime.passes.placement.texts import colocation_debug_info

__all__ = ["Colocation", "Member"]


class Member:
    """One operation in a set; at the root also what the set as a whole asks for.

    Attributes:
      op: the operation.
      own_types: the device types that the operation itself supports.
      placed: the device that the operation was given in an earlier run, or "".
      parent: the next member on the way to the root; itself at the root.
      rank: bounds the height of the tree below.
      ops: at the root: the members of the set.
      types: at the root: the device types that all members support.
      requested: at the root: the device asked for, canonical, "" where none is.
      resource: at the root: the device asked for by what produces a reference or resource, which
        is stronger.
      assigned: at the root: the full name of the device of the set, or "".
      requested_by: at the root: the operation that brought the request.
      reason: what bound the operation to the set, or None.
    """

    __slots__ = (
        "assigned",
        "op",
        "ops",
        "own_types",
        "parent",
        "placed",
        "rank",
        "reason",
        "requested",
        "requested_by",
        "resource",
        "types",
    )

    def __init__(self, op: Operation, types: tuple[str, ...], placed: str) -> None:
        self.op = op
        self.own_types = self.types = types
        self.placed = self.assigned = placed
        self.parent = self
        self.rank = 0
        self.ops = [self]
        self.requested = placed or canonical(op.device)
        self.resource = self.requested if not placed and _is_resource_generator(op) else ""
        self.requested_by: Operation | None = op if self.requested else None
        self.reason: Reason | None = None

    def root(self) -> Member:
        """Return the root of the set, and shorten the way to it."""
        member = self
        while member.parent is not member:
            member.parent = member.parent.parent
            member = member.parent
        return member

    def describe(self) -> str:
        """Return the line that describes the set in messages."""
        return (
            f"Root Member(assigned_device_name_index_={0 if self.assigned else -1} "
            f"requested_device_name_='{self.requested}' assigned_device_name_='{self.assigned}' "
            f"resource_device_name_='{self.resource}' "
            f"supported_device_types_=[{', '.join(self.types)}] possible_devices_=[]"
        )

    def debug_info(self) -> str:
        """Return what is said of the set when it cannot be placed."""
        members = sorted(self.ops, key=lambda member: member.op._id)
        return colocation_debug_info(
            self.describe(),
            [(m.op, m.own_types, m.placed) for m in members],
        )

    def soft_requests(self) -> tuple[str, str]:
        """Return the requests that soft placement tries: first with the resource's device."""
        return (
            _without_type(self.requested, keep=(self.assigned, self.resource)),
            _without_type(self.requested, keep=(self.assigned,)),
        )


class Colocation:
    """The sets of one extension of a placement.

    Attributes:
      members: the operations that are bound to others.
    """

    def __init__(self, allow_soft: bool) -> None:
        self._allow_soft = allow_soft
        self.members: dict[Operation, Member] = {}

    def join_reference(self, source: Member, member: Member) -> None:
        """Put the consumer of a reference or resource where its producer is.

        Raises:
          InvalidArgumentError: they have to be on different devices.
        """
        a, b = source.root(), member.root()
        for mine, theirs, kind in (
            (a.assigned, b.assigned, "assigned"),
            (a.resource, b.resource, "resource"),
        ):
            if not _compatible(mine, theirs):
                raise _for_operation(
                    "Cannot place the graph because a reference or resource edge connects "
                    f"colocation groups with incompatible {kind} devices: {mine} vs {theirs}. The "
                    f"edge src node is {source.op.name} , and the dst node is {member.op.name}",
                    member.op,
                )
        if not _compatible(a.requested, b.requested):
            # The request of the consumer is ignored: it runs where the buffer is.
            b.requested = merge_device_scopes(
                b.resource, merge_device_scopes(b.assigned, a.requested)
            )
            b.requested_by = a.requested_by
        try:
            self._merge(source, a, member, b)
        except InvalidArgumentError as error:
            raise _for_operation(
                "Nodes were connected by a reference or resource connection (requiring them to be "
                "on the same device), but the two nodes were assigned two different devices: "
                f"{error.message}",
                member.op,
            ) from None
        if member.reason is None and source is not member:
            is_resource = source.op.outputs[0].dtype is dtypes.resource
            cause = Cause.RESOURCE if is_resource else Cause.REFERENCE
            member.reason = Reason(cause, source.op.name)

    def join_group(self, member: Member, first: Member, group: str) -> None:
        """Put an operation where the first one of a colocation group is.

        With soft placement a group that is impossible is ignored.

        Raises:
          InvalidArgumentError: they have to be on different devices.
        """
        try:
            self._merge(member, member.root(), first, first.root())
        except InvalidArgumentError as error:
            if self._allow_soft:
                return
            raise attach_operation(error, op=member.op) from None
        if member.reason is None and member is not first:
            member.reason = Reason(Cause.COLOCATED, group)

    def _merge(self, x: Member, a: Member, y: Member, b: Member) -> None:
        """Unite the sets with the roots `a` (of `x`) and `b` (of `y`), or change nothing."""
        if a is b:
            return
        new, old = (b, a) if a.rank < b.rank else (a, b)
        names = f"{{{{colocation_node {x.op.name}}}}} and {{{{colocation_node {y.op.name}}}}}"
        try:
            merged = self._merged_requests(new, old)
        except InvalidArgumentError as error:
            raise invalid_argument(
                f"Cannot colocate nodes {names}: {error.message}",
                hint=f"{_pins(a, b)}ask for one device for both, or do not colocate "
                f"'{x.op.name}' with '{y.op.name}'.",
            ) from None
        types = tuple(t for t in new.types if t in old.types)
        if not types:
            raise invalid_argument(
                f"Cannot colocate nodes {names} because no device type supports both of those "
                f"nodes and the other nodes colocated with them.{a.debug_info()}{b.debug_info()}"
            )
        old.parent = new
        new.rank += new.rank == old.rank
        new.types = types
        new.assigned, new.resource, new.requested = merged
        new.requested_by = new.requested_by or old.requested_by
        new.ops += old.ops

    def _merged_requests(self, a: Member, b: Member) -> tuple[str, str, str]:
        """Return the assigned, resource and requested device of two sets that become one."""
        ours = (a.assigned, a.resource, a.requested)
        theirs = (b.assigned, b.resource, b.requested)
        if theirs in (ours, ("", "", "")):
            return ours
        assigned = merge_for_colocation(a.assigned, b.assigned)
        resource = merge_for_colocation(a.resource, b.resource)
        requested = merge_for_colocation(a.requested, b.requested, self._allow_soft)
        requested = merge_device_scopes(resource, merge_device_scopes(assigned, requested))
        return assigned, resource, requested


def _is_resource_generator(op: Operation) -> bool:
    if op.input_tensors or len(op.outputs) != 1:
        return False
    dtype = op.outputs[0].dtype
    return dtype._is_ref_dtype or dtype is dtypes.resource


def _pins(a: Member, b: Member) -> str:
    """Return which two operations ask for what two sets ask for."""
    if a.requested_by is None or b.requested_by is None:
        return ""
    return (
        f"'{a.requested_by.name}' asks for {a.requested} and '{b.requested_by.name}' for "
        f"{b.requested}: "
    )


def _compatible(a: str, b: str) -> bool:
    return not a or not b or merge_device_scopes(a, b) == merge_device_scopes(b, a)


def _without_type(request: str, keep: tuple[str, ...]) -> str:
    """Return a request without device type and number, unless one of `keep` fixes them."""
    kept = [parse_device_name(name) for name in keep if name]
    if any(name.type is not None and name.index is not None for name in kept):
        return request
    parts = parse_device_name(request)
    kind = parts.type if any(name.type is not None for name in kept) else None
    index = parts.index if any(name.index is not None for name in kept) else None
    return str(type(parts)(parts.job, parts.replica, parts.task, kind, index))


def _for_operation(message: str, op: Operation) -> InvalidArgumentError:
    return attach_operation(invalid_argument(message), op=op)
