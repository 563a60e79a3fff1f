"""Activations, losses of single values, convolutions, pooling and normalisation of Keras.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import epsilon, image_data_format
from tensormill.keras.backend.values import ndim
from tensormill.layers.arguments import hard_sigmoid
from tensormill.layers.learning_phase import learning_phase
from tensormill.ops.smart_cond import smart_constant_value

__all__ = [
    "batch_normalization", "bias_add", "binary_crossentropy", "categorical_crossentropy",
    "conv1d", "conv2d", "conv2d_transpose", "conv3d", "ctc_batch_cost", "ctc_decode",
    "ctc_label_dense_to_sparse", "depthwise_conv2d", "dropout", "elu", "hard_sigmoid",
    "in_test_phase", "in_top_k", "in_train_phase", "l2_normalize",
    "normalize_batch_in_training", "pool2d", "pool3d", "relu", "resize_images", "resize_volumes",
    "separable_conv2d", "sigmoid", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "spatial_2d_padding", "spatial_3d_padding", "switch", "tanh",
]  # fmt: skip

sigmoid, tanh = tf.nn.sigmoid, tf.nn.tanh


def softplus(x: Any) -> Any:
    """Return log(1 + exp(x))."""
    return tf.nn.softplus(x)


def softsign(x: Any) -> Any:
    """Return x / (1 + |x|)."""
    return tf.nn.softsign(x)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return one of two tensors; each may be a function, which is called only where needed."""
    if condition.dtype != tf.bool:
        condition = tf.cast(condition, tf.bool)
    rank = ndim(condition)
    if not rank:
        then, other = (
            each if callable(each) else (lambda each=each: each)
            for each in (then_expression, else_expression)
        )
        return tf.cond(condition, then, other)
    then, other = (
        each() if callable(each) else each for each in (then_expression, else_expression)
    )
    value_rank = ndim(then) or 0
    if rank < value_rank:
        for _ in range(value_rank - rank):
            condition = tf.expand_dims(condition, -1)
        condition = tf.logical_and(condition, tf.ones_like(then, dtype=tf.bool))
    return tf.where(condition, then, other)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x` in training, else `alt`; each may be a function."""
    if training is None:
        training = learning_phase()
    known = smart_constant_value(training)
    if known is not None:
        chosen = x if known else alt
        return chosen() if callable(chosen) else chosen
    return switch(training, x, alt)


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `alt` in training, else `x`; each may be a function."""
    return in_train_phase(alt, x, training=training)


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0) -> Any:
    """Return `x` above a threshold, limited by `max_value`; `alpha * (x - threshold)` below."""
    negative: Any = None
    if alpha != 0.0:
        if max_value is None and threshold == 0:
            return tf.nn.leaky_relu(x, alpha=alpha)
        negative = tf.nn.relu(-x + threshold) if threshold != 0 else tf.nn.relu(-x)
    clips = max_value is not None
    if threshold != 0:
        x = x * tf.cast(tf.greater(x, threshold), x.dtype)
    elif max_value == 6:
        x = tf.nn.relu6(x)
        clips = False
    else:
        x = tf.nn.relu(x)
    if clips:
        x = tf.clip_by_value(
            x, tf.constant(0.0, x.dtype), tf.cast(tf.convert_to_tensor(max_value), x.dtype)
        )
    return x if negative is None else x - tf.cast(alpha, x.dtype) * negative


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return `x` where it is positive, else `alpha * (exp(x) - 1)`."""
    values = tf.nn.elu(x)
    return values if alpha == 1 else tf.where(x > 0, values, alpha * values)


def softmax(x: Any, axis: int = -1) -> Any:
    """Return the softmax along an axis."""
    return tf.nn.softmax(x, axis=axis)


def dropout(x: Any, level: Any, noise_shape: Any = None, seed: Any = None) -> Any:
    """Return `x` with a share of its elements set to 0, the others scaled up."""
    seed = np.random.randint(10**7) if seed is None else seed
    return tf.nn.dropout(x, rate=level, noise_shape=noise_shape, seed=seed)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Return `x` divided by its norm along an axis."""
    return tf.nn.l2_normalize(x, axis=axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Return whether each target is among the `k` best predictions."""
    return tf.nn.in_top_k(predictions, targets, k)


def _logits_behind(output: Any, op_type: str) -> Any:
    """Return the input of the activation that gave `output`, None where it was another one."""
    if isinstance(output, tf.Tensor) and output.op.type == op_type:
        return output.op.inputs[0]
    return None


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return the cross entropy of one-hot targets and probabilities (or logits) along an axis."""
    if not from_logits:
        logits = _logits_behind(output, "Softmax")
        if logits is None:
            output = output / tf.reduce_sum(output, axis, True)
            small = tf.constant(epsilon(), output.dtype.base_dtype)
            output = tf.clip_by_value(output, small, 1.0 - small)
            return -tf.reduce_sum(target * tf.log(output), axis)
        output = logits
    return tf.nn.softmax_cross_entropy_with_logits_v2(labels=target, logits=output, axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return the cross entropy of classes and probabilities (or logits) along an axis."""
    output = tf.convert_to_tensor(output)
    if not from_logits:
        logits = _logits_behind(output, "Softmax")
        if logits is None:
            small = tf.constant(epsilon(), output.dtype.base_dtype)
            output = tf.log(tf.clip_by_value(output, small, 1.0 - small))
        else:
            output = logits
    rank = ndim(output) or 0
    axis %= max(rank, 1)
    if axis != rank - 1:
        order = [*(each for each in range(rank) if each != axis), axis]
        output = tf.transpose(output, perm=order)
    shape = output.get_shape().as_list()
    target = tf.cast(tf.reshape(target, [-1]), tf.int64)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=target, logits=tf.reshape(output, [-1, shape[-1]])
    )
    if rank < 3:
        return losses
    losses = tf.reshape(losses, tf.shape(output)[:-1])
    losses.set_shape(shape[:-1])
    return losses


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Return the cross entropy of targets in [0, 1] and probabilities (or logits)."""
    if not from_logits:
        logits = _logits_behind(output, "Sigmoid")
        if logits is None:
            small = tf.constant(epsilon(), output.dtype.base_dtype)
            output = tf.clip_by_value(output, small, 1.0 - small)
            positive = target * tf.log(output + epsilon())
            return -(positive + (1 - target) * tf.log(1 - output + epsilon()))
        output = logits
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """Return `x` normalised by a mean and a variance of the channels."""
    rank = ndim(x) or 0
    if axis not in (-1, rank - 1):
        shape = [1] * rank
        shape[axis] = -1
        mean, var, beta, gamma = (
            each if each is None or ndim(each) == rank else tf.reshape(each, shape)
            for each in (mean, var, beta, gamma)
        )
    return tf.nn.batch_normalization(x, mean, var, beta, gamma, epsilon)


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """Return `x` normalised by its moments, and these."""
    mean, variance = tf.nn.moments(x, list(reduction_axes))
    axes = [axis for axis in range(ndim(x) or 0) if axis not in reduction_axes]
    axis = axes[0] if axes else -1
    return batch_normalization(x, mean, variance, beta, gamma, axis, epsilon), mean, variance


def _format(data_format: str | None, rank: int) -> str:
    """Return the format of ops: "NHWC" and the like.

    Raises:
      ValueError: it is not a data format.
    """
    data_format = data_format or image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError("Unknown data_format: " + str(data_format))
    space = {1: "W", 2: "HW", 3: "DHW"}[rank]
    return f"NC{space}" if data_format == "channels_first" else f"N{space}C"


def normalize_data_format(value: str | None) -> str:
    """Return "channels_last" or "channels_first"; by default that of the settings.

    Raises:
      ValueError: it is neither.
    """
    data_format = (value or image_data_format()).lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {value}"
        )
    return data_format


def _convolve(
    x: Any, kernel: Any, rank: int, strides: Any, padding: str, data_format: Any, dilation: Any
) -> Any:
    if padding == "causal":
        space = int(np.atleast_1d(dilation)[0]) * (kernel.get_shape().as_list()[0] - 1)
        x = tf.pad(x, [[0, 0], [space, 0], [0, 0]])
        padding = "valid"
    strides, dilation = (
        (each,) * rank if isinstance(each, int) else tuple(each) for each in (strides, dilation)
    )
    return tf.nn.convolution(
        x, kernel, strides=strides, dilation_rate=dilation, padding=padding.upper(),
        data_format=_format(data_format, rank),
    )  # fmt: skip


def conv1d(
    x: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    """Return the convolution of [batch, time, channels]; "causal" looks back only."""
    return _convolve(x, kernel, 1, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any, kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return the convolution of images."""
    return _convolve(x, kernel, 2, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any, kernel: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: Any = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:  # fmt: skip
    """Return the convolution of volumes."""
    return _convolve(x, kernel, 3, strides, padding, data_format, dilation_rate)


def _strides(strides: Any, data_format: str) -> list[int]:
    """Return strides for all axes."""
    return [1, 1, *strides] if data_format.startswith("NC") else [1, *strides, 1]


def conv2d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: Any = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return the transposed convolution of images."""
    form = _format(data_format, 2)
    if isinstance(output_shape, (tuple, list)):
        output_shape = tf.stack([tf.shape(x)[0], *output_shape[1:]])
    return tf.nn.conv2d_transpose(
        x, kernel, output_shape, _strides(strides, form), padding=padding.upper(), data_format=form
    )


def conv3d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1, 1), padding: str = "valid",
    data_format: Any = None,
) -> Any:  # fmt: skip
    """Return the transposed convolution of volumes."""
    form = _format(data_format, 3)
    if isinstance(output_shape, (tuple, list)):
        output_shape = tf.stack([tf.shape(x)[0], *output_shape[1:]])
    return tf.nn.conv3d_transpose(
        x, kernel, output_shape, _strides(strides, form), padding=padding.upper(), data_format=form
    )


def depthwise_conv2d(
    x: Any, depthwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: Any = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return the convolution of each channel by kernels of its own."""
    form = _format(data_format, 2)
    return tf.nn.depthwise_conv2d(
        x, depthwise_kernel, strides=_strides(strides, form), padding=padding.upper(),
        rate=dilation_rate, data_format=form,
    )  # fmt: skip


def separable_conv2d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = (1, 1),
    padding: str = "valid", data_format: Any = None, dilation_rate: Any = (1, 1),
) -> Any:  # fmt: skip
    """Return the depthwise convolution mixed by one of size 1."""
    form = _format(data_format, 2)
    return tf.nn.separable_conv2d(
        x, depthwise_kernel, pointwise_kernel, strides=_strides(strides, form),
        padding=padding.upper(), rate=dilation_rate, data_format=form,
    )  # fmt: skip


def separable_conv1d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = 1,
    padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    """Return the depthwise convolution of sequences mixed by one of size 1."""
    form = _format(data_format, 1)
    axis = 2 if form.startswith("NC") else 1
    step, rate = (each if isinstance(each, int) else each[0] for each in (strides, dilation_rate))
    wide = separable_conv2d(
        tf.expand_dims(x, axis), tf.expand_dims(depthwise_kernel, 0),
        tf.expand_dims(pointwise_kernel, 0), (step, step), padding, data_format, (1, rate),
    )  # fmt: skip
    return tf.squeeze(wide, [axis])


def _pool(
    x: Any, pool_size: Any, strides: Any, padding: str, data_format: Any, pool_mode: str
) -> Any:
    rank = len(pool_size)
    if pool_mode not in ("max", "avg"):
        raise ValueError("Invalid pooling mode: " + str(pool_mode))
    return pool_windows(
        x, pool_size, strides or (1,) * rank, padding, _format(data_format, rank), pool_mode
    )


def pool_windows(x: Any, sizes: Any, strides: Any, padding: str, form: str, pool_mode: str) -> Any:
    """Return the greatest value or the mean of each window, which may be smaller than its step.

    Args:
      x: [batch, *sizes, channels], or with the channels first.
      sizes: the window, of one to three axes.
      strides: the steps.
      padding: "valid" or "same".
      form: the format of ops, as "NHWC".
      pool_mode: "max" or "avg".
    """
    is_first = form.startswith("NC")
    if len(sizes) == 1:
        axis = 3 if is_first else 2
        wide = pool_windows(
            tf.expand_dims(x, axis), (sizes[0], 1), (strides[0], 1), padding,
            "NCHW" if is_first else "NHWC", pool_mode,
        )  # fmt: skip
        return tf.squeeze(wide, axis)
    kinds = {
        ("max", 2): tf.nn.max_pool, ("avg", 2): tf.nn.avg_pool,
        ("max", 3): tf.nn.max_pool3d, ("avg", 3): tf.nn.avg_pool3d,
    }  # fmt: skip
    return kinds[pool_mode, len(sizes)](
        x, _strides(sizes, form), _strides(strides, form), padding.upper(), data_format=form
    )


def pool2d(
    x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: Any = None,
    pool_mode: str = "max",
) -> Any:  # fmt: skip
    """Return the greatest value ("max") or the mean ("avg") of each window of images."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any, pool_size: Any, strides: Any = (1, 1, 1), padding: str = "valid",
    data_format: Any = None, pool_mode: str = "max",
) -> Any:  # fmt: skip
    """Return the greatest value ("max") or the mean ("avg") of each window of volumes."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def bias_add(x: Any, bias: Any, data_format: Any = None) -> Any:
    """Return `x` with a bias for each channel, or one of the shape of an element.

    Raises:
      ValueError: there is no such layout, or the bias is of another rank.
    """
    shape = bias.get_shape().as_list()
    rank = ndim(x) or 0
    layout = data_format or image_data_format()
    if layout not in ("channels_first", "channels_last"):
        raise ValueError("Unknown data_format: " + str(data_format))
    if len(shape) not in (1, rank - 1):
        raise ValueError(
            f"Unexpected bias dimensions {len(shape)}, expect to be 1 or {rank} dimensions"
        )
    is_first = layout == "channels_first"
    if len(shape) == 1:
        if rank in (3, 5) and is_first:
            return x + tf.reshape(bias, [1, -1, *[1] * (rank - 2)])
        return tf.nn.bias_add(x, bias, data_format="NCHW" if is_first and rank > 2 else "NHWC")
    if is_first:
        return x + tf.reshape(bias, [1, shape[-1], *shape[:-1]])
    return x + tf.reshape(bias, [1, *shape])


def _pad(x: Any, padding: Any, data_format: Any) -> Any:
    space = [list(each) for each in padding]
    is_first = _format(data_format, len(space)).startswith("NC")
    return tf.pad(x, [[0, 0], [0, 0], *space] if is_first else [[0, 0], *space, [0, 0]])


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None) -> Any:
    """Return images with zeros around them."""
    return _pad(x, padding, data_format)


def spatial_3d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: Any = None
) -> Any:
    """Return volumes with zeros around them."""
    return _pad(x, padding, data_format)


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Any:
    """Return images enlarged by whole factors."""
    is_first = _format(data_format, 2).startswith("NC")
    if is_first:
        x = tf.transpose(x, [0, 2, 3, 1])
    known = x.get_shape().as_list()
    sizes = tf.shape(x)[1:3] * tf.constant([height_factor, width_factor], tf.int32)
    resize = {
        "nearest": tf.image.resize_nearest_neighbor, "bilinear": tf.image.resize_bilinear,
    }.get(interpolation)  # fmt: skip
    if resize is None:
        raise ValueError('interpolation should be one of "nearest" or "bilinear".')
    x = resize(x, sizes)
    factors = (height_factor, width_factor)
    grown = [
        None if size is None else size * factor
        for size, factor in zip(known[1:3], factors, strict=True)
    ]
    x.set_shape([known[0], *grown, known[3]])
    return tf.transpose(x, [0, 3, 1, 2]) if is_first else x


def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Any:
    """Return volumes enlarged by whole factors."""
    start = 2 if _format(data_format, 3).startswith("NC") else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), start):
        x = tf.repeat(x, factor, axis=axis)
    return x


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> Any:
    """Return the labels of a batch up to their lengths as a sparse tensor."""
    mask = tf.sequence_mask(tf.reshape(label_lengths, [-1]), maxlen=tf.shape(labels)[1])
    where = tf.where(mask)
    return tf.SparseTensor(where, tf.gather_nd(labels, where), tf.shape(labels, out_type=tf.int64))


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """Return the CTC loss [batch, 1] of labels and probabilities [batch, time, classes]."""
    label_length = tf.cast(tf.squeeze(label_length, axis=-1), tf.int32)
    input_length = tf.cast(tf.squeeze(input_length, axis=-1), tf.int32)
    labels = tf.cast(ctc_label_dense_to_sparse(y_true, label_length), tf.int32)
    logits = tf.log(tf.transpose(y_pred, [1, 0, 2]) + epsilon())
    return tf.expand_dims(
        tf.nn.ctc_loss(inputs=logits, labels=labels, sequence_length=input_length), 1
    )


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """Return the labels of probabilities [batch, time, classes], -1 where there is none."""
    logits = tf.log(tf.transpose(y_pred, [1, 0, 2]) + epsilon())
    input_length = tf.cast(input_length, tf.int32)
    if greedy:
        decoded, scores = tf.nn.ctc_greedy_decoder(inputs=logits, sequence_length=input_length)
    else:
        decoded, scores = tf.nn.ctc_beam_search_decoder(
            inputs=logits, sequence_length=input_length, beam_width=beam_width, top_paths=top_paths
        )
    dense = [
        tf.sparse_to_dense(each.indices, each.dense_shape, each.values, default_value=-1)
        for each in decoded
    ]
    return dense, scores
