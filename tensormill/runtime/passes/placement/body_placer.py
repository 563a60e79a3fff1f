"""The devices of operations in the bodies of functions: beside the call, as far as they can be."""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph import errors
from tensormill.graph.device_names import merge_device_scopes
from tensormill.graph.operation import Operation
from tensormill.runtime.node import Edge
from tensormill.runtime.passes.placement.device_set import DeviceSet
from tensormill.runtime.passes.placement.op_rules import OpRules

__all__ = ["BodyPlacer"]


class BodyPlacer:
    """Places the operations of function bodies."""

    def __init__(self, device_set: DeviceSet) -> None:
        self._device_set = device_set
        self._rules: dict[str, OpRules] = {}

    def place(self, op: Operation, beside: str, inputs: Sequence[Edge]) -> str:
        """Return the device of an operation.

        With a resource that it takes; or where it asks to be; or on the device of the call; or on
        another device of that task.

        Args:
          op: an operation of a body.
          beside: the device of the call.
          inputs: where its inputs come from.

        Raises:
          InvalidArgumentError: there is no such device, or no kernel.
        """
        types = self._types(op)
        for source, index in inputs:
            if source.output_dtypes[index].base_dtype.name == "resource" and source.device:
                beside = source.device
                break
        if op._device:
            asked = merge_device_scopes(op._device, beside)
            found = self._device_set.candidates(asked, types)
            if found:
                return found[0]
        task = beside.rpartition("/device:")[0]
        for request in (beside, task):
            found = self._device_set.candidates(request, types)
            if found:
                return found[0]
        raise errors.invalid_argument(
            f"Cannot place '{op.name}' ({op.type}) of a function that is called on {beside}"
        )

    def _types(self, op: Operation) -> tuple[str, ...]:
        rules = self._rules.get(op.type)
        if rules is None:
            rules = self._rules[op.type] = OpRules(op.op_schema, self._device_set.types)
        types = rules.supported(op.attrs).types
        if not types:
            raise errors.invalid_argument(
                f"No OpKernel was registered to support Op '{op.type}' used by "
                f"{{{{node {op.name}}}}}"
            )
        return types
