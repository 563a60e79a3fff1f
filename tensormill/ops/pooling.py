"""Max and average pooling."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, one_of_two, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.filling import zeros_like
from tensormill.ops.identities import stop_gradient
from tensormill.ops.windows import (
    channel_axis,
    check_steps,
    list_for_each,
    pool_dims,
    split_padding,
)

max_pool_op = define(
    "MaxPool",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        (
            "T: {float16, bfloat16, float32, float64, int32, int64, uint8, int16, int8, "
            "uint16, qint8} = DT_FLOAT32"
        ),
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
    ),
)
max_pool_v2_op = define(
    "MaxPoolV2",
    inputs=(
        "input: T",
        "ksize: int32",
        "strides: int32",
    ),
    outputs=("output: T",),
    attrs=(
        (
            "T: {float16, bfloat16, float32, float64, int32, int64, uint8, int16, int8, "
            "uint16, qint8} = DT_FLOAT32"
        ),
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
    ),
)
max_pool_grad_op = define(
    "MaxPoolGrad",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: realnumbertype = DT_FLOAT32",
    ),
)
max_pool_grad_v2_op = define(
    "MaxPoolGradV2",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "grad: T",
        "ksize: int32",
        "strides: int32",
    ),
    outputs=("output: T",),
    attrs=(
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: realnumbertype = DT_FLOAT32",
    ),
)
max_pool_grad_grad_op = define(
    "MaxPoolGradGrad",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: realnumbertype",
    ),
)
max_pool_grad_grad_v2_op = define(
    "MaxPoolGradGradV2",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "grad: T",
        "ksize: int32",
        "strides: int32",
    ),
    outputs=("output: T",),
    attrs=(
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: realnumbertype",
    ),
)
max_pool_with_argmax_op = define(
    "MaxPoolWithArgmax",
    inputs=("input: T",),
    outputs=(
        "output: T",
        "argmax: Targmax",
    ),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "Targmax: {int32, int64} = DT_INT64",
        "padding: {'SAME', 'VALID'}",
        "include_batch_in_index: bool = false",
        "T: realnumbertype",
    ),
)
max_pool_grad_with_argmax_op = define(
    "MaxPoolGradWithArgmax",
    inputs=(
        "input: T",
        "grad: T",
        "argmax: Targmax",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
        "include_batch_in_index: bool = false",
        "Targmax: {int32, int64}",
        "T: realnumbertype",
    ),
    differentiable=False,
)
max_pool_grad_grad_with_argmax_op = define(
    "MaxPoolGradGradWithArgmax",
    inputs=(
        "input: T",
        "grad: T",
        "argmax: Targmax",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
        "include_batch_in_index: bool = false",
        "Targmax: {int32, int64}",
        "T: realnumbertype",
    ),
    differentiable=False,
)
avg_pool_op = define(
    "AvgPool",
    inputs=("value: T",),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: {float16, bfloat16, float32, float64}",
    ),
)
avg_pool_grad_op = define(
    "AvgPoolGrad",
    inputs=(
        "orig_input_shape: int32",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 4",
        "strides: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "T: {float16, bfloat16, float32, float64}",
    ),
)


@avg_pool_op.shape
def avg_pool_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the pooled shape; the kernel refuses windows over channels."""
    (pooled,), attrs = pool_shape(ctx), ctx.attrs
    dims, axis = ctx.shape(0), channel_axis(attrs["data_format"], len(attrs["data_format"]))
    assert pooled is not None
    return [(*pooled[:axis], None if dims is None else dims[axis], *pooled[axis + 1 :])]


@max_pool_op.shape
def pool_shape(ctx: ShapeContext) -> list[Dims]:
    attrs = ctx.attrs
    rank = len(attrs["data_format"])
    check_steps("ksize", attrs["ksize"], rank)
    check_steps("strides", attrs["strides"], rank)
    return [
        pool_dims(
            ctx.shape(0),
            attrs["ksize"],
            attrs["strides"],
            attrs["padding"],
            attrs["data_format"],
            attrs.get("explicit_paddings", ()),
        )
    ]


@max_pool_v2_op.shape
def max_pool_v2_shape(ctx: ShapeContext) -> list[Dims]:
    ksize, strides = ctx.value(1), ctx.value(2)
    if ksize is None or strides is None:
        return [None]
    attrs = ctx.attrs
    return [
        pool_dims(
            ctx.shape(0), ksize.tolist(), strides.tolist(), attrs["padding"], attrs["data_format"]
        )
    ]


@max_pool_grad_op.shape
@max_pool_grad_v2_op.shape
@max_pool_grad_with_argmax_op.shape
def max_pool_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.shape(0), _image_rank(ctx))]


def _image_rank(ctx: ShapeContext) -> int:
    return 5 if "3D" in ctx.op.type else 4


@max_pool_grad_grad_op.shape
def max_pool_grad_grad_shape(ctx: ShapeContext) -> list[Dims]:
    merge_dims(ctx.shape(0), ctx.shape(2))
    return [with_rank(ctx.shape(1), _image_rank(ctx))]


@max_pool_grad_grad_v2_op.shape
def max_pool_grad_grad_v2_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.value(3) is None or ctx.value(4) is None:
        return [None]
    return max_pool_grad_grad_shape(ctx)


@max_pool_grad_grad_with_argmax_op.shape
def max_pool_grad_grad_with_argmax_shape(ctx: ShapeContext) -> list[Dims]:
    merge_dims(ctx.shape(0), ctx.shape(1))
    return [ctx.shape(2)]


@max_pool_with_argmax_op.shape
def max_pool_with_argmax_shape(ctx: ShapeContext) -> list[Dims]:
    attrs = ctx.attrs
    check_steps("MaxPool", attrs["ksize"], 4)
    check_steps("MaxPool", attrs["strides"], 4)
    if min(attrs["ksize"]) <= 0:
        raise ValueError(f"ksize must be a positive int32 value, got:{min(attrs['ksize'])}")
    dims = pool_dims(ctx.shape(0), attrs["ksize"], attrs["strides"], attrs["padding"], b"NHWC")
    return [dims, dims]


@avg_pool_grad_op.shape
def avg_pool_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.value_as_shape(0), len(ctx.attrs["data_format"]))]


def window_attrs(op: Operation, *more: str) -> dict[str, Any]:
    """Return the attributes of a pooling that its gradients take as well."""
    return {name: op.attrs[name] for name in ("ksize", "strides", "padding", *more)}


@max_pool_op.gradient
def max_pool_gradient(op: Operation, grad: Tensor) -> Tensor:
    return max_pool_grad_op(
        op.inputs[0],
        op.outputs[0],
        grad,
        **window_attrs(op, "explicit_paddings", "data_format"),
    )


@max_pool_grad_op.gradient
def max_pool_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    image, output = op.inputs[0], op.inputs[1]
    return [
        zeros_like(image),
        zeros_like(output),
        max_pool_grad_grad_op(image, output, grad, **window_attrs(op, "data_format")),
    ]


@max_pool_grad_grad_op.gradient
def max_pool_grad_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    image, output = op.inputs[0], op.inputs[1]
    return [
        zeros_like(image),
        zeros_like(output),
        max_pool_grad_op(image, output, grad, **window_attrs(op, "data_format")),
    ]


@max_pool_v2_op.gradient
def max_pool_v2_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    image_grad = max_pool_grad_v2_op(
        op.inputs[0],
        op.outputs[0],
        grad,
        op.inputs[1],
        op.inputs[2],
        padding=op.attrs["padding"],
        data_format=op.attrs["data_format"],
    )
    return [image_grad, None, None]


@max_pool_grad_v2_op.gradient
def max_pool_grad_v2_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    image, output, _, ksize, strides = op.inputs
    grad_grad = max_pool_grad_grad_v2_op(
        image,
        output,
        grad,
        ksize,
        strides,
        padding=op.attrs["padding"],
        data_format=op.attrs["data_format"],
    )
    return [zeros_like(image), zeros_like(output), grad_grad, None, None]


@max_pool_grad_grad_v2_op.gradient
def max_pool_grad_grad_v2_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    image, output, _, ksize, strides = op.inputs
    image_grad = max_pool_grad_v2_op(
        image,
        output,
        grad,
        ksize,
        strides,
        padding=op.attrs["padding"],
        data_format=op.attrs["data_format"],
    )
    return [zeros_like(image), zeros_like(output), image_grad, None, None]


@max_pool_with_argmax_op.gradient
def max_pool_with_argmax_gradient(op: Operation, grad: Tensor, unused: Any) -> Tensor:
    return max_pool_grad_with_argmax_op(
        op.inputs[0], grad, op.outputs[1], **window_attrs(op, "include_batch_in_index")
    )


@avg_pool_op.gradient
def avg_pool_gradient(op: Operation, grad: Tensor) -> Tensor:
    return avg_pool_grad_op(shape_of(op.inputs[0]), grad, **window_attrs(op, "data_format"))


@avg_pool_grad_op.gradient
def avg_pool_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    return [
        stop_gradient(op.inputs[0]),
        avg_pool_op(grad, **window_attrs(op, "data_format")),
    ]


def _channel_index(data_format: str) -> int:
    return 1 if data_format.startswith("NC") else 3


def max_pool(
    value: Any = None,
    ksize: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Return the largest entry of each window.

    Args:
      value: [batch, height, width, channels], or as `data_format` says.
      ksize: the window: one entry a dimension, one a spatial dimension, or an int.
      strides: the steps, likewise.
      padding: "SAME", "VALID", or a list of paddings before and after, one pair a dimension.
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: a newer name of `value`.

    Raises:
      ValueError: the window does not fit.
    """
    value = one_of_two(input, value, "input", "value")
    with OpScope(name, "MaxPool", [value]) as scope:
        data_format = data_format or "NHWC"
        axis = _channel_index(data_format)
        padding, explicit_paddings = split_padding(padding)
        return max_pool_op(
            value,
            ksize=list_for_each(ksize, 2, axis, "ksize"),
            strides=list_for_each(strides, 2, axis, "strides"),
            padding=padding,
            explicit_paddings=explicit_paddings,
            data_format=data_format,
            name=scope,
        )


def avg_pool(
    value: Any = None,
    ksize: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Return the mean of each window; entries outside the image do not count.

    Args:
      value: [batch, height, width, channels], or as `data_format` says.
      ksize: the window: one entry a dimension, one a spatial dimension, or an int.
      strides: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: a newer name of `value`.

    Raises:
      ValueError: the window does not fit.
    """
    with OpScope(name, "AvgPool", [value]) as scope:
        value = one_of_two(input, value, "input", "value")
        data_format = data_format or "NHWC"
        axis = _channel_index(data_format)
        return avg_pool_op(
            value,
            ksize=list_for_each(ksize, 2, axis, "ksize"),
            strides=list_for_each(strides, 2, axis, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


def _pool1d(
    function: OpBuilder,
    default_name: str,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    with OpScope(name, default_name, [input]) as scope:
        data_format = data_format or "NWC"
        channel_index = 1 if data_format.startswith("NC") else 2
        window = [1, *list_for_each(ksize, 1, channel_index, "ksize")]
        steps = [1, *list_for_each(strides, 1, channel_index, "strides")]
        axis = 1 if data_format == "NWC" else 2
        made = function(
            expand_dims(input, axis),
            ksize=window,
            strides=steps,
            padding=padding,
            data_format="NHWC" if data_format == "NWC" else "NCHW",
            name=scope,
        )
        return squeeze(made, axis)


def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """Return the largest entry of each window along one dimension.

    Args:
      input: [batch, width, channels], or [batch, channels, width] for "NCW".
      ksize: the window.
      strides: the step.
      padding: "SAME" or "VALID".
      data_format: "NWC" or "NCW".
      name: the name of the nodes.
    """
    return _pool1d(max_pool_op, "MaxPool1d", input, ksize, strides, padding, data_format, name)


def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """Return the mean of each window along one dimension.

    Args:
      input: [batch, width, channels], or [batch, channels, width] for "NCW".
      ksize: the window.
      strides: the step.
      padding: "SAME" or "VALID".
      data_format: "NWC" or "NCW".
      name: the name of the nodes.
    """
    return _pool1d(avg_pool_op, "AvgPool1D", input, ksize, strides, padding, data_format, name)


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the largest entry of each window and where it stands in the flattened image.

    Args:
      input: [batch, height, width, channels].
      ksize: the window, one entry a dimension.
      strides: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NHWC".
      Targmax: the dtype of the indices, int64 by default.
      name: the name of the node.
      output_dtype: a newer name of `Targmax`.
      include_batch_in_index: count from the start of the batch instead of from the image's.

    Raises:
      ValueError: another data format.
    """
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    argmax_dtype = one_of_two(output_dtype, Targmax, "output_dtype", "Targmax")
    made = max_pool_with_argmax_op(
        input,
        ksize=ksize,
        strides=strides,
        padding=padding,
        Targmax=dtypes.int64 if argmax_dtype is None else argmax_dtype,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )
    return made[0], made[1]
