"""The kernel registry: which function computes an op type on a device type, and from what forms.

A value inside a program has one of these forms:

  tensor   a torch tensor on the kernel's device (the usual form of numbers)
  host     a NumPy array or NumPy scalar in host memory (strings always, as object arrays of bytes;
           axes, sizes and shapes where a kernel asks with `host_inputs` / `host_outputs`)
  handle   anything else, passed through untouched: buffers of ref variables, resources, variants

A kernel is a plain function: positional parameters are the op's inputs in the order of its
signature (a list argument comes as one list), keyword-only parameters are attributes, bound by name
when a plan is made. It returns the output, or a tuple / list of all outputs (flat) where the op has
several or a list output, or None for none. Three keyword-only parameters are special: `step`
receives the running step at each call, `may_change` tells a send whether the memory of its value
may belong to something that is updated in place, and `alone` tells an enqueue which components
nobody else reads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np

from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import Dims

__all__ = [
    "WAITS",
    "HostKernel",
    "Kernel",
    "KernelContext",
    "SharedWork",
    "adapt_kernels",
    "alias_kernels",
    "async_kernel",
    "find_kernel",
    "find_shared_work",
    "host_kernel",
    "kernel",
    "kernel_factory",
    "kernels_of",
    "resource_kernel",
    "share_work",
]

WAITS = object()
"""What the `at_once` form of an asynchronous kernel returns where it would have to wait."""

Function = TypeVar("Function", bound=Callable[..., Any])


class KernelContext(Protocol):
    """What a kernel factory sees of the node and the device when a plan is made.

    Attributes:
      node_name: the name of the node.
      op_type: its op type.
      input_names: the names of the nodes that its inputs come from.
      attrs: its attributes.
      input_dims: the static shape of each input tensor.
      output_dims: the static shape of each output tensor.
      input_dtypes: the dtype of each input tensor.
      output_dtypes: the dtype of each output tensor.
      torch_device: where the kernel's tensors live.
      resources: the task's resource containers (see `runtime.resources.containers`).
      session_handle: names the session; private resources carry it.
      device_name: the full name of the device.
    """

    node_name: str
    op_type: str
    input_names: tuple[str, ...]
    attrs: dict[str, Any]
    input_dims: list[Dims]
    output_dims: list[Dims]
    input_dtypes: list[DType]
    output_dtypes: list[DType]
    torch_device: Any
    resources: Any
    session_handle: str
    device_name: str

    def constant(self, name: str) -> np.ndarray[Any, Any] | None:
        """Return the value of an input that is a constant in the plan, or None."""

    def function(self, ref: Any) -> Any:
        """Return a function of the graph, to be called by the kernel (see `dataset_base`)."""


@dataclass(slots=True)
class Kernel:
    """One registration.

    Attributes:
      op_type: the op type.
      device_type: "CPU" or "GPU".
      function: computes the outputs, or is the factory.
      types: attribute name to the dtypes for which the kernel is registered; absent attributes
        accept all.
      host_inputs: argument names taken in the host form.
      host_outputs: argument names given in the host form.
      native_inputs: argument names taken in the form in which they were made, tensor or host.
      host_scalars: takes the place of `function` where all outputs have the static shape [], and
        gives them in the host form; or None.
      of_host_scalars: takes the place of `function` where all inputs are host scalars, and takes
        and gives values in the host form; or None.
      aliases: the output may share memory with an input.
      is_factory: `function(ctx)` is called when a plan is made, and returns what computes the
        outputs.
      is_resource: `function(ctx)` is called when a plan is made, and returns the single output
        itself.
      is_async: `function(*inputs, done=..., **attrs)` returns at once and calls `done(outputs)` or
        `done.fail(error)` later, on any thread.
      at_once: what an asynchronous kernel does where it need not wait, or None.
      module: the module that registers the kernel.
    """

    op_type: str
    device_type: str
    function: Callable[..., Any]
    types: dict[str, frozenset[DType]] = field(default_factory=dict)
    host_inputs: frozenset[str] = frozenset()
    host_outputs: frozenset[str] = frozenset()
    native_inputs: frozenset[str] = frozenset()
    host_scalars: Callable[..., Any] | None = None
    of_host_scalars: Callable[..., Any] | None = None
    aliases: bool = False
    is_factory: bool = False
    is_resource: bool = False
    is_async: bool = False
    at_once: Callable[..., Any] | None = None
    module: str = ""

    def accepts(self, attrs: Mapping[str, Any]) -> bool:
        """Return whether the kernel is registered for the dtypes of these attributes."""
        for name, allowed in self.types.items():
            value = attrs.get(name)
            if isinstance(value, tuple):
                if not all(item in allowed for item in value):
                    return False
            elif value not in allowed:
                return False
        return True


@dataclass(slots=True)
class HostKernel:
    """How an op computes host scalars (NumPy scalars of static shape []).

    Attributes:
      op_type: the op type.
      function: computes the output from NumPy scalars.
      expression: the same as a Python expression with `{0}`, `{1}` for the inputs, or None.
      types: the input dtypes for which it holds.
    """

    op_type: str
    function: Callable[..., Any]
    expression: str | None
    types: frozenset[DType]


@dataclass(frozen=True, slots=True)
class SharedWork:
    """How an op keeps for its gradient op what that would compute again.

    Attributes:
      forward_op: the op type `y = op(x)`.
      forward: `forward(x, **attrs)` returns (y, kept).
      gradient: `gradient(kept, grad, **attrs)` returns what the gradient op makes of (x, y, grad),
        so that neither x nor y need be kept as well.
    """

    forward_op: str
    forward: Callable[..., Any]
    gradient: Callable[..., Any]


_SHARED_WORK: dict[str, SharedWork] = {}
_KERNELS: dict[str, list[Kernel]] = {}
_HOST_KERNELS: dict[str, HostKernel] = {}
_ADAPTED: dict[str, Callable[[Kernel, Mapping[str, Any]], Kernel]] = {}

TypeSpec = Mapping[str, Iterable[Any]] | None


@cache
def _dtype_set(dtypes: tuple[Any, ...]) -> frozenset[DType]:
    return frozenset(map(as_dtype, dtypes))


def _register(
    op_type: str,
    device_types: tuple[str, ...],
    function: Callable[..., Any],
    types: TypeSpec,
    **options: Any,
) -> None:
    allowed = {name: _dtype_set(tuple(dtypes)) for name, dtypes in (types or {}).items()}
    # The module of the statement that decorates: two frames up, past the decorator.
    module = sys._getframe(2).f_globals["__name__"]
    for device_type in device_types:
        kind = device_type.upper()
        if kind not in ("CPU", "GPU"):
            raise ValueError(f"unknown device type {device_type!r}")
        for other in _KERNELS.get(op_type, ()):
            if other.device_type == kind and _overlap(other.types, allowed):
                raise ValueError(f"a {kind} kernel of {op_type!r} is registered twice")
        _KERNELS.setdefault(op_type, []).append(
            Kernel(op_type, kind, function, allowed, module=module, **options)
        )


def _overlap(a: Mapping[str, frozenset[DType]], b: Mapping[str, frozenset[DType]]) -> bool:
    return all(a[name] & b[name] for name in a.keys() & b.keys())


def kernel(
    op_type: str,
    *device_types: str,
    types: TypeSpec = None,
    host_inputs: Iterable[str] = (),
    host_outputs: Iterable[str] = (),
    of_host_scalars: Callable[..., Any] | None = None,
    aliases: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function as the kernel of `op_type` on device types ("cpu", "gpu").

    Args:
      op_type: the op type.
      *device_types: "cpu" and/or "gpu".
      types: attribute name to the dtypes that the kernel takes; by default all that the op's
        signature allows.
      host_inputs: inputs that the function takes as NumPy values.
      host_outputs: outputs that the function returns as NumPy values.
      of_host_scalars: computes the same where all inputs are NumPy scalars, as NumPy values.
      aliases: the output may share memory with an input.

    Raises:
      ValueError: there is a kernel for one of these device types and dtypes already.
    """

    def register(function: Function) -> Function:
        _register(
            op_type,
            device_types,
            function,
            types,
            host_inputs=frozenset(host_inputs),
            host_outputs=frozenset(host_outputs),
            of_host_scalars=of_host_scalars,
            aliases=aliases,
        )
        return function

    return register


def kernel_factory(
    op_type: str,
    *device_types: str,
    types: TypeSpec = None,
    host_inputs: Iterable[str] = (),
    host_outputs: Iterable[str] = (),
    host_scalars: Callable[[KernelContext], Callable[..., Any]] | None = None,
    aliases: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function as one that makes a kernel for a node.

    `f(ctx: KernelContext) -> kernel`.

    For stateful ops (the kernel is made once per session and node) and for kernels that are worth
    specialising to their attributes, shapes and constant inputs. `host_scalars` makes the one for
    outputs that all have the static shape []; it returns them as NumPy values.
    """

    def register(function: Function) -> Function:
        _register(
            op_type,
            device_types,
            function,
            types,
            host_inputs=frozenset(host_inputs),
            host_outputs=frozenset(host_outputs),
            host_scalars=host_scalars,
            aliases=aliases,
            is_factory=True,
        )
        return function

    return register


def alias_kernels(op_type: str, known: str, types: TypeSpec = None) -> None:
    """Register the kernels of a known op type for another one too.

    Args:
      op_type: computes what the other one does, from inputs and attributes of the same names.
      known: the op type whose kernels were registered before.
      types: attribute name to the dtypes that the kernels take; by default those of the other.
    """
    module = sys._getframe(1).f_globals["__name__"]
    for each in kernels_of(known):
        allowed = each.types
        if types is not None:
            allowed = {name: _dtype_set(tuple(dtypes)) for name, dtypes in types.items()}
        made = replace(each, op_type=op_type, types=allowed, module=module)
        _KERNELS.setdefault(op_type, []).append(made)


def resource_kernel(
    op_type: str, *device_types: str, types: TypeSpec = None
) -> Callable[[Function], Function]:
    """Register the decorated function as one that finds or makes the resource of a node.

    `f(ctx) -> handle`.

    It is called once per session and node; the handle is bound into plans.
    """

    def register(function: Function) -> Function:
        _register(op_type, device_types, function, types, is_resource=True)
        return function

    return register


def async_kernel(
    op_type: str,
    *device_types: str,
    types: TypeSpec = None,
    host_inputs: Iterable[str] = (),
    host_outputs: Iterable[str] = (),
    native_inputs: Iterable[str] = (),
    at_once: Callable[..., Any] | None = None,
    is_factory: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function as a kernel that may wait: `f(*inputs, done, **attrs)`.

    It returns at once, holds no thread, and calls `done(outputs)` or `done.fail(error)` exactly
    once.

    Args:
      op_type: the op type.
      *device_types: "cpu" and/or "gpu".
      types: attribute name to the dtypes that the kernel takes.
      host_inputs: inputs that the function takes as NumPy values.
      host_outputs: outputs that the function returns as NumPy values.
      native_inputs: inputs that it takes as tensors or NumPy values, as they come.
      at_once: `g(*inputs, **attrs)` does the same where nothing need be waited for, and returns
        the outputs; else it changes nothing and returns `WAITS`. A step calls it first. With a
        parameter `step` it gets the running step, or None.
      is_factory: the decorated function is called with the context of a node, and returns the
        kernel.
    """

    def register(function: Function) -> Function:
        _register(
            op_type,
            device_types,
            function,
            types,
            is_async=True,
            at_once=at_once,
            is_factory=is_factory,
            host_inputs=frozenset(host_inputs),
            host_outputs=frozenset(host_outputs),
            native_inputs=frozenset(native_inputs),
        )
        return function

    return register


def host_kernel(
    op_type: str, function: Callable[..., Any], types: Iterable[Any], expression: str | None = None
) -> None:
    """Register how `op_type` computes on NumPy scalars.

    Used for values of static shape [] on a CPU.

    The result must have the dtype that the op declares, and wrap, round and raise as the tensor
    kernel does.
    """
    if op_type in _HOST_KERNELS:
        raise ValueError(f"a host kernel of {op_type!r} is registered twice")
    _HOST_KERNELS[op_type] = HostKernel(op_type, function, expression, _dtype_set(tuple(types)))


def share_work(
    forward_op: str,
    forward: Callable[..., Any],
    gradient_op: str,
    gradient: Callable[..., Any],
) -> None:
    """Register how `forward_op` keeps what `gradient_op` needs; see `SharedWork`."""
    if gradient_op in _SHARED_WORK:
        raise ValueError(f"shared work of {gradient_op!r} is registered twice")
    _SHARED_WORK[gradient_op] = SharedWork(forward_op, forward, gradient)


def find_shared_work(gradient_op: str) -> SharedWork | None:
    """Return what an op type shares with the op whose gradient it computes, or None."""
    return _SHARED_WORK.get(gradient_op)


def adapt_kernels(op_type: str, adapt: Callable[[Kernel, Mapping[str, Any]], Kernel]) -> None:
    """Register what makes the kernels of an op fit for attributes that they cannot take as such.

    `adapt(kernel, attrs)` returns the kernel, or one that takes its place.
    """
    if op_type in _ADAPTED:
        raise ValueError(f"kernels of {op_type!r} are adapted twice")
    _ADAPTED[op_type] = adapt


def find_kernel(op_type: str, device_type: str, attrs: Mapping[str, Any]) -> Kernel | None:
    """Return the kernel for a node on a device type, or None."""
    for candidate in _KERNELS.get(op_type, ()):
        if candidate.device_type == device_type and candidate.accepts(attrs):
            adapt = _ADAPTED.get(op_type)
            return candidate if adapt is None else adapt(candidate, attrs)
    return None


def find_host_kernel(op_type: str) -> HostKernel | None:
    """Return how an op type computes host scalars, or None."""
    return _HOST_KERNELS.get(op_type)


def kernels_of(op_type: str) -> list[Kernel]:
    """Return all kernels of an op type, in the order of registration."""
    return list(_KERNELS.get(op_type, ()))
