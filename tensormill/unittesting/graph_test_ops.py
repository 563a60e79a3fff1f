"""The op types of `tensorflow.python.framework.test_ops`, which tests of graphs build from.

They are in the registry once a program imports them. Most only stand for a signature and have no
kernel; their static shapes are unknown.

Source: TensorFlow 1.15, python/framework/test_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory, resource_kernel
from tensormill.tensorflow_modules import raw_functions
from tensormill.tensorflow_modules.op_def_library import OpDefLibrary

__all__ = ["StubResource"]

# One row an op type: name | inputs | outputs | attributes, each separated by semicolons.
_SIGNATURES = """
    TestStringOutput | input: float32 | output1: float32; output2: string |
    A | | out: float32 |
    B | | out: float32 |
    Foo1 | a: float32; b: int32; c: int32 | d: float32; e: int32 |
    Foo2 | a: float32; b: string; c: string | d: float32; e: int32 |
    Foo3 | a: float32; b: string; c: float32 | d: float32; e: int32 |
    CopyOp | a: T | b: T | T: type
    None | | |
    IntOutput | | a: int32 |
    Int64Output | | out: int64 |
    RefOutput | | a: Ref(int32) |
    FloatOutput | | a: float32 |
    TwoFloatOutputs | | a: float32; b: float32 |
    FiveFloatOutputs | | a: float32; b: float32; c: float32; d: float32; e: float32 |
    RefOutputFloatOutput | | a: Ref(float32); b: float32 |
    RefInputFloatInput | a: Ref(float32); b: float32 | |
    IntInput | a: int32 | |
    IntInputIntOutput | a: int32 | b: int32 |
    FloatInput | a: float32 | |
    TwoIntOutputs | | a: int32; b: int32 |
    IntOutputFloatOutput | | a: int32; b: float32 |
    FloatOutputStringOutput | | a: float32; b: string |
    TwoIntInputs | a: int32; b: int32 | |
    TwoFloatInputs | a: float32; b: float32 | |
    IntInputFloatInput | a: int32; b: float32 | |
    RefInputIntInput | a: Ref(int32); b: int32 | |
    TwoFloatInputsFloatOutput | a: float32; b: float32 | c: float32 |
    TwoFloatInputsIntOutput | a: float32; b: float32 | c: int32 |
    RefInputFloatInputIntOutput | a: Ref(float32); b: float32 | c: int32 |
    ListInput | a: N * T | | N: int >= 1; T: type
    ListOutput | | a: T | T: list(type) >= 1
    Unary | a: T | b: T | T: type
    OpWithDefaultAttr | | a: int32 | default_float: float = 123.0
    OpWithFutureDefaultAttr | | |
    IntAttr | | out: int64 | foo: int = 1
    StringListAttr | | | a: list(string); b: string
    FuncAttr | | | f: func
    FuncListAttr | | | f: list(func)
    Simple | a: int32 | out: float32 |
    OutT | | a: T | T: type
    ReservedInput | input: int32 | |
    Polymorphic | a: T | out: T | T: type
    PolymorphicOut | | out: T | T: type
    PolymorphicDefaultOut | | out: T | T: type = DT_STRING
    Binary | a: T; b: T | out: T | T: type
    Restrict | a: T | out: T | T: {string, bool}
    TypeList | a: T | | T: list(type) >= 0
    TypeListTwice | a: T; b: T | | T: list(type) >= 0
    OutTypeList | | out: T | T: list(type) >= 0
    TypeListRestrict | a: T | | T: list({string, bool})
    OutTypeListRestrict | | out: t | t: list({string, bool})
    Attr | | | a: int
    AttrFloat | | | a: float
    AttrBool | | | a: bool
    AttrBoolList | | | a: list(bool)
    AttrMin | | | a: int >= 5
    AttrListMin | | | a: list(int) >= 2
    AttrEnum | | | a: {'apples', 'oranges'}
    AttrEnumList | | | a: list({'apples', 'oranges'})
    AttrShape | | | a: shape
    AttrShapeList | | | a: list(shape)
    AttrPartialShape | | | a: shape
    AttrPartialShapeList | | | a: list(shape)
    AttrDefault | | | a: string = 'banana'
    AttrListDefault | | | a: list(int) = [5, 15]
    AttrEmptyListDefault | | | a: list(float) = []
    ReservedAttr | | | range: int
    AttrTypeDefault | a: T | | T: type = DT_INT32
    AttrListTypeDefault | a: N * T; b: N * T | | T: type = DT_INT32; N: int
    NIntsIn | a: N * int32 | | N: int >= 2
    NPolymorphicIn | a: N * T | | T: type; N: int >= 2
    NPolymorphicRestrictIn | a: N * T | | T: {string, bool}; N: int >= 2
    NInTwice | a: N * int32; b: N * string | | N: int >= 0
    NInPolymorphicTwice | a: N * T; b: N * T | | T: type; N: int >= 0
    NInTwoTypeVariables | a: N * S; b: N * T | | S: type; T: type; N: int >= 0
    InPolymorphicTwice | a: N * T; b: M * T | | T: type; N: int >= 0; M: int >= 0
    NIntsOut | | a: N * int32 | N: int >= 2
    NIntsOutDefault | | a: N * int32 | N: int >= 2 = 3
    NPolymorphicOut | | a: N * T | T: type; N: int >= 2
    NPolymorphicOutDefault | | a: N * T | T: type = DT_BOOL; N: int >= 2 = 2
    NPolymorphicRestrictOut | | a: N * T | T: {string, bool}; N: int >= 2
    RefIn | a: Ref(T) | | T: type
    TwoRefsIn | a: Ref(T); b: Ref(T) | | T: type
    RefOut | | a: Ref(T) | T: type
    SimpleStruct | | a: n_a * int32 | n_a: int >= 0
    MixedStruct | | a: n_a * int32; b: float32 | n_a: int >= 0
    ComplexStruct | | a: n_a * int32; b: n_b * int64; c: t_c | n_a: int >= 0; n_b: int >= 0; t_c: list(type) >= 0
    ResourceCreateOp | resource: resource | |
    ResourceUsingOp | resource: resource | |
    TestAttr | | out: T | T: {float32, float64}
"""  # noqa: E501


def _texts(column: str) -> tuple[str, ...]:
    return tuple(text.strip() for text in column.split(";") if text.strip())


def _unknown_shapes(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)


def _scalar(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _define(
    name: str,
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    attrs: tuple[str, ...] = (),
    shape: Callable[[ShapeContext], list[Dims]] = _unknown_shapes,
    stateful: bool = False,
    deprecation: tuple[int, str] | None = None,
) -> None:
    builder = define(
        name, inputs, outputs, attrs, stateful=stateful, deprecation=deprecation, module=__name__
    )
    builder.shape(shape)


for _row in _SIGNATURES.strip().splitlines():
    _name, _inputs, _outputs, _attrs = _row.split("|")
    _define(_name.strip(), _texts(_inputs), _texts(_outputs), _texts(_attrs))


def _older_only_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.op.graph.graph_def_versions.producer != GRAPH_DEF_VERSIONS.producer - 1:
        raise ValueError("Wrong graph version for shape")
    return [()]


def _vector_to_scalar(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape(0)
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [()]


def _nothing(ctx: ShapeContext) -> list[Dims]:
    return []


_define("KernelLabel", outputs=("result: string",), shape=_scalar)
_define("KernelLabelRequired", ("input: int32",), ("result: string",), shape=_vector_to_scalar)
_define("GraphDefVersion", outputs=("version: int32",), shape=_scalar, stateful=True)
_define(
    "RequiresOlderGraphVersion", outputs=("version: int32",), shape=_older_only_shape, stateful=True
)
_define("Old", shape=_nothing, deprecation=(8, "For reasons"))
_define("DevicePlacementOp", outputs=("device: string",), shape=_scalar, stateful=True)
_define("ResourceInitializedOp", ("resource: resource",), ("initialized: bool",), shape=_scalar)
_define(
    "StubResourceHandleOp",
    outputs=("resource: resource",),
    attrs=("container: string = ''", "shared_name: string = ''"),
    shape=_scalar,
    stateful=True,
)
_define(
    "DefaultAttrs",
    attrs=(
        "string_val: string = 'abc'",
        "string_list_val: list(string) = ['abc', '']",
        "int_val: int = 123",
        "int_list_val: list(int) = [1, 2, 3]",
        "float_val: float = 10.0",
        "float_list_val: list(float) = [10.0]",
        "bool_val: bool = true",
        "bool_list_val: list(bool) = [true, false]",
        "type_val: type = DT_INT32",
        "type_list_val: list(type) = [DT_INT32, DT_FLOAT]",
        "shape_val: shape = {2, 1}",
        "shape_list_val: list(shape) = [{}, {1}]",
        "tensor_val: tensor = int32 1",
        "tensor_list_val: list(tensor) = [int32 1]",
    ),
)


_LABELS = ("overload_1", "overload_2")


def _labelled(ctx: KernelContext, labels: tuple[str, ...]) -> Any:
    label = ctx.attrs.get("_kernel", b"").decode()
    if label not in labels:
        raise errors.not_found(
            f"No registered '{ctx.op_type}' OpKernel for CPU devices compatible with node "
            f"{{{{node {ctx.node_name}}}}}"
        )
    return np.array(f"My label is: {label or 'default'}".encode(), object)


@kernel_factory("KernelLabel", "cpu")
def labelled_text(ctx: KernelContext) -> Callable[[], Any]:
    text = _labelled(ctx, ("", *_LABELS))
    return lambda: text


@kernel_factory("KernelLabelRequired", "cpu")
def required_label_text(ctx: KernelContext) -> Callable[[Any], Any]:
    text = _labelled(ctx, _LABELS)
    return lambda input: text


@kernel("GraphDefVersion", "cpu", host_outputs=["version"])
def producer_version() -> np.ndarray[Any, Any]:
    return np.array(GRAPH_DEF_VERSIONS.producer, np.int32)


@kernel("Old", "cpu")
def do_nothing() -> None:
    """Do nothing."""


@kernel("TestAttr", "cpu", types={"T": ["float32"]})
def one() -> torch.Tensor:
    return torch.tensor(1.0)


@kernel_factory("DevicePlacementOp", "cpu", "gpu")
def device_placement(ctx: KernelContext) -> Callable[[], Any]:
    name = np.array(ctx.device_name.encode(), object)
    return lambda: name


class StubResource:
    """A handle of a resource that only is there or is not."""

    kind = "stub"

    def __init__(self, containers: Any, container: str, name: str) -> None:
        self._containers = containers
        self._container = container
        self._name = name

    def is_there(self) -> bool:
        """Return whether the resource was created."""
        return self._containers.lookup(self.kind, self._container, self._name) is not None

    def create(self) -> None:
        """Create the resource."""
        if self.is_there():
            raise errors.already_exists(f"Resource {self._text()}")
        self._containers.lookup_or_create(self.kind, self._container, self._name, object)

    def require(self) -> None:
        """Raise `NotFoundError` unless the resource was created."""
        if not self.is_there():
            raise errors.not_found(f"Resource {self._text()} does not exist.")

    def destroy(self) -> None:
        """Forget the resource."""
        if not self._containers.delete(self.kind, self._container, self._name):
            raise errors.not_found(f"Resource {self._text()} does not exist.")

    def _text(self) -> str:
        container = self._container or self._containers.default_container
        return f"{container}/{self._name}/N10tensorflow12StubResourceE"


@resource_kernel("StubResourceHandleOp", "cpu")
def stub_resource_handle(ctx: KernelContext) -> StubResource:
    name = ctx.attrs["shared_name"].decode() or ctx.node_name
    return StubResource(ctx.resources, ctx.attrs["container"].decode(), name)


@kernel("ResourceInitializedOp", "cpu", host_outputs=["initialized"])
def resource_initialized(resource: Any) -> np.bool_:
    return np.bool_(resource.is_there())


@kernel("ResourceCreateOp", "cpu")
def resource_create(resource: Any) -> None:
    resource.create()


@kernel("ResourceUsingOp", "cpu")
def resource_using(resource: Any) -> None:
    resource.require()


_op_def_lib = OpDefLibrary()


def __getattr__(name: str) -> Any:
    """Return the function that makes nodes of an op type, as the `gen_*_ops` modules have them."""
    if not name.startswith("__"):
        function = raw_functions.find(name)
        if function is not None:
            return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
