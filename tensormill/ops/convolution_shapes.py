"""Static shapes of convolutions of any kind and their gradients."""

from __future__ import annotations

from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.ops.windows import channel_axis, merge_sizes, output_size, spatial_axes


def window_dims(
    ctx: ShapeContext, image: tuple[int | None, ...], window: tuple[int | None, ...]
) -> list[int | None]:
    """Return the spatial sizes of a convolution's output."""
    attrs = ctx.attrs
    explicit = attrs.get("explicit_paddings", ())
    sizes = []
    axes = spatial_axes(attrs["data_format"], len(image))
    for place, pad in enumerate(explicit):
        if pad < 0:
            raise ValueError(f"All explicit paddings must be nonnegative. Got: {list(explicit)}")
        if pad and place // 2 not in axes:
            raise ValueError("Nonzero explicit padding in the batch or depth dimensions")
    for axis, length in zip(axes, window, strict=True):
        pads = (explicit[2 * axis], explicit[2 * axis + 1]) if explicit else (0, 0)
        sizes.append(
            output_size(
                image[axis],
                length,
                attrs["strides"][axis],
                attrs["padding"],
                pads,
                attrs["dilations"][axis],
            )
        )
    return sizes


def image_dims(
    data_format: bytes, batch: int | None, sizes: list[int | None], channels: int | None
) -> Dims:
    """Return the shape of images with these sizes, in the order of the data format."""
    if data_format.startswith(b"NC"):
        return (batch, channels, *sizes)
    return (batch, *sizes, channels)


def check_attrs(ctx: ShapeContext, rank: int) -> None:
    """Refuse strides and dilations that are not one positive entry a dimension."""
    for name in ("strides", "dilations"):
        values = ctx.attrs[name]
        if len(values) != rank:
            raise ValueError(
                f"{ctx.op.type} requires the {name.rstrip('s')} attribute to contain {rank} "
                f"values, but got: {len(values)}"
            )
        for value in values:
            if value > 0:
                continue
            if name == "strides":
                raise ValueError(f"Stride must be > 0, but got {value}")
            raise ValueError(f"Dilation rate must be >= 1, but got {value}")


def convolution_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the shape of images convolved with filters [*window, in, out]."""
    data_format = ctx.attrs["data_format"]
    rank = len(data_format)
    image, filters = with_rank(ctx.shape(0), rank), with_rank(ctx.shape(1), rank)
    check_attrs(ctx, rank)
    channels, expected = image[channel_axis(data_format, rank)], filters[-2]
    if channels is not None and expected is not None and (not expected or channels % expected):
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({expected})"
        )
    sizes = window_dims(ctx, image, filters[:-2])
    return [image_dims(data_format, image[0], sizes, filters[-1])]


def depthwise_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the shape of images convolved with filters [height, width, in, multiplier]."""
    data_format = ctx.attrs["data_format"]
    image, filters = with_rank(ctx.shape(0), 4), with_rank(ctx.shape(1), 4)
    check_attrs(ctx, 4)
    channels = merge_sizes(image[channel_axis(data_format, 4)], filters[2])
    outputs = None if channels is None or filters[3] is None else channels * filters[3]
    sizes = window_dims(ctx, image, filters[:2])
    return [image_dims(data_format, image[0], sizes, outputs)]


def backprop_input_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the shape that the first input of a gradient of images says."""
    data_format = ctx.attrs["data_format"]
    rank = len(data_format)
    sizes = ctx.value_as_shape(0)
    if ctx.op.type != "Conv2DBackpropInput":
        return [with_rank(sizes, rank)]
    grads = with_rank(ctx.shape(2), rank)
    merge_sizes(grads[channel_axis(data_format, rank)], with_rank(ctx.shape(1), rank)[-1])
    batch = grads[:1]
    if sizes is not None and len(sizes) == rank - 2:
        filters = with_rank(ctx.shape(1), rank)
        return [image_dims(data_format, batch[0], list(sizes), filters[-2])]
    return [merge_dims(with_rank(sizes, rank), (*batch, *[None] * (rank - 1)))]


def backprop_filter_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the shape that the second input of a gradient of filters says."""
    return [with_rank(ctx.value_as_shape(1), len(ctx.attrs["data_format"]))]
