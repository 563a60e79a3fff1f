"""The functions of TensorFlow's modules that the public API of TensorFlow 1 has not."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

import tensormill as tf
from tensormill.tensorflow_modules import second_signatures


def value_of(tensor: tf.Tensor) -> np.ndarray:
    with tf.Session() as session:
        return session.run(tensor)


@pytest.mark.parametrize("name", second_signatures.__all__)
def test_every_row_calls_a_function_that_has_its_parameters(name: str) -> None:
    path, *words = second_signatures._ROWS[name].split()
    module, _, attribute = path.rpartition(".")
    function = getattr(importlib.import_module(f"tensormill.{module}"), attribute)
    wanted = {word.partition("=")[0].lstrip("+").rpartition(">")[2] for word in words}
    assert wanted <= set(inspect.signature(function).parameters)
    assert callable(getattr(second_signatures, name))


def test_arguments_go_where_the_second_signature_has_them() -> None:
    from tensormill.python.ops import array_ops, check_ops, nn_impl, nn_ops, string_ops

    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    mean, variance = nn_impl.moments_v2(tf.constant([[1.0, 3.0]]), [1], None, True)
    assert value_of(mean).tolist() == [[2.0]]
    assert value_of(variance).tolist() == [[1.0]]
    windows = nn_ops.conv2d_v2(image, tf.ones([2, 2, 1, 1]), 2, "VALID", name="windows")
    assert windows.op.name == "windows"
    assert value_of(windows).ravel().tolist() == [10.0, 18.0, 42.0, 50.0]
    assert value_of(string_ops.reduce_join_v2(["a", "b"], 0, False, "-")) == b"a-b"
    blocks = array_ops.batch_to_space_v2(image.reshape(4, 2, 2, 1), 2, [[0, 0], [0, 0]])
    assert blocks.shape.as_list() == [1, 4, 4, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="they differ"):
        check_ops.assert_equal_v2(tf.constant(1), tf.constant(2), "they differ")
    with pytest.raises(TypeError, match="unexpected or repeated argument 'keep_dims'"):
        nn_impl.moments_v2([1.0], [0], keep_dims=True)


@pytest.mark.parametrize("space", [1, 2, 3])
def test_pooling_takes_as_many_dimensions_as_the_input_has(space: int) -> None:
    from tensormill.python.ops import nn_ops

    values = np.arange(4.0**space, dtype=np.float32).reshape(1, *[4] * space, 1)
    blocks = values.reshape([2] * (2 * space))
    within = tuple(range(1, 2 * space, 2))
    for pool, reduce in ((nn_ops.avg_pool_v2, np.mean), (nn_ops.max_pool_v2, np.max)):
        made = value_of(pool(values, 2, [2], "VALID"))
        np.testing.assert_allclose(made[0, ..., 0], reduce(blocks, axis=within))
    with pytest.raises(ValueError, match="rank 3, 4 or 5 but was 2"):
        nn_ops.max_pool_v2(np.zeros([2, 2], np.float32), 1, 1, "SAME")


def test_dilation_of_the_second_signature_knows_one_layout() -> None:
    from tensormill.python.ops import nn_ops

    image = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    arguments = (image, np.zeros([2, 2, 1], np.float32), [1, 1, 1, 1], "VALID")
    made = value_of(nn_ops.dilation2d_v2(*arguments, "NHWC", [1, 1, 1, 1]))
    assert made.ravel().tolist() == [4.0, 5.0, 7.0, 8.0]
    made = value_of(nn_ops.erosion2d_v2(*arguments, "NHWC", [1, 1, 1, 1]))
    assert made.ravel().tolist() == [0.0, 1.0, 3.0, 4.0]
    with pytest.raises(ValueError, match="other than NHWC"):
        nn_ops.dilation2d_v2(*arguments, "NCHW", [1, 1, 1, 1])


def test_axes_are_counted_from_the_front() -> None:
    from tensormill.python.ops import array_ops

    assert array_ops.get_positive_axis(-1, 3) == 2
    assert array_ops.get_positive_axis(1, None) == 1
    for axis, ndims, error in ((3, 3, "out of bounds"), (-1, None, "statically known")):
        with pytest.raises(ValueError, match=error):
            array_ops.get_positive_axis(axis, ndims)
    with pytest.raises(TypeError, match="must be an integer tensor"):
        array_ops.convert_to_int_tensor([1.5], name="repeats")


def test_convolutions_can_be_settled_beforehand() -> None:
    from tensormill.tensorflow_modules.nn_functions import Convolution

    settled = Convolution([1, 4, 4, 2], [2, 2, 2, 3], "SAME", strides=[2, 2])
    assert settled(tf.zeros([1, 4, 4, 2]), tf.zeros([2, 2, 2, 3])).shape.as_list() == [1, 2, 2, 3]
    with pytest.raises(ValueError, match="number of input channels does not match"):
        Convolution([1, 4, 4, 2], [2, 2, 3, 3], "SAME")
    with pytest.raises(ValueError, match="input tensor must have rank 4"):
        Convolution([1, 4, 2], [2, 2, 2, 3], "SAME")
    with pytest.raises(ValueError, match="rank of input or filter must be known"):
        Convolution(None, None, "SAME")


def test_lengths_of_convolutions() -> None:
    from tensormill.python.layers import utils

    assert utils.conv_output_length(10, 3, "valid", 2, dilation=2) == 3
    assert utils.conv_output_length(10, 3, "same", 2) == 5
    assert utils.conv_output_length(10, 3, "full", 1) == 12
    assert utils.conv_input_length(4, 3, "valid", 2) == 9
    assert utils.deconv_output_length(4, 3, "valid", 2) == 9
    assert utils.deconv_output_length(4, 3, "full", 2) == 5
    assert utils.deconv_output_length(None, 3, "same", 2) is None
    assert utils.convert_data_format("channels_first", 4) == "NCHW"
    assert utils.normalize_tuple(2, n=3, name="strides") == (2, 2, 2)
    assert utils.static_shape(tf.placeholder(tf.float32, [None, 2])) == (None, 2)
    with pytest.raises(ValueError, match="Input rank not supported"):
        utils.convert_data_format("channels_first", 2)


def test_a_horizon_hides_features_that_are_newer() -> None:
    from tensormill.python.compat import compat

    assert compat.forward_compatible(2019, 8, 1)
    with compat.forward_compatibility_horizon(2019, 7, 1):
        assert compat.forward_compatible(2019, 6, 30)
        assert not compat.forward_compatible(2019, 7, 1)
    assert compat.forward_compatible(2019, 8, 1)


def test_statistics_tell_right_samples_from_wrong_ones() -> None:
    from tensormill.python.kernel_tests.random import util

    class Uniform:
        def moment(self, order: int) -> float:
            return 1 / (order + 1)

    drawn = np.random.default_rng(5)
    uniform = drawn.random(10_000)
    assert max(util.test_moment_matching(uniform, 4, Uniform())) < 5
    assert max(util.test_moment_matching(uniform * 0.9, 4, Uniform(), stride=1)) > 5
    assert util.chi_squared(uniform, 10) < 40 < util.chi_squared(uniform**2, 10)
    normal = drawn.normal(size=10_000)
    assert util.anderson_darling(normal) < 3 < util.anderson_darling(normal * 1.2)
    cut = normal[np.abs(normal) <= 2]
    check = util.test_truncated_normal
    check(np.testing.assert_equal, np.testing.assert_allclose, len(cut), cut, 0.05, 0.05, 0.05)
    with pytest.raises(AssertionError):
        check(np.testing.assert_equal, np.testing.assert_allclose, len(cut), cut + 0.1)


def test_rows_are_changed_in_a_copy() -> None:
    from tensormill.python.ops import inplace_ops

    x = tf.constant([[1, 2], [3, 4]])
    assert value_of(inplace_ops.inplace_update(x, [1], [[5, 6]])).tolist() == [[1, 2], [5, 6]]
    assert value_of(inplace_ops.inplace_add(x, 0, [5, 6])).tolist() == [[6, 8], [3, 4]]
    assert value_of(inplace_ops.inplace_sub(x, None, x)).tolist() == [[0, 0], [0, 0]]
    assert value_of(x).tolist() == [[1, 2], [3, 4]]
    assert value_of(inplace_ops.empty_like(x, init=True)).tolist() == [[0, 0], [0, 0]]


def test_strings_are_padded_before_they_are_decoded() -> None:
    from tensormill.python.ops import parsing_ops

    made = parsing_ops.decode_raw(["ab", "c"], tf.uint8, fixed_length=3)
    assert made.shape.as_list() == [2, 3]
    assert value_of(made).tolist() == [[97, 98, 0], [99, 0, 0]]
    assert value_of(parsing_ops.decode_raw(["ab"], tf.uint8)).tolist() == [[97, 98]]


def test_the_greatest_common_divisor() -> None:
    from tensormill.python.ops.signal import fft_ops, util_ops

    assert value_of(util_ops.gcd(12, 18)) == 6
    assert value_of(util_ops.gcd(tf.placeholder_with_default(12, []), 18)) == 6
    with pytest.raises(ValueError, match="b must be an integer type"):
        util_ops.gcd(12, 1.5)
    assert fft_ops.fft2d is tf.signal.fft2d


def test_what_is_no_cell_is_refused_in_known_words() -> None:
    from tensormill.python.ops import rnn, rnn_cell_impl

    with pytest.raises(TypeError, match=rnn_cell_impl.ASSERT_LIKE_RNNCELL_ERROR_REGEXP):
        rnn_cell_impl.assert_like_rnncell("cell", object())
    with pytest.raises(ValueError, match="you must give a dtype"):
        rnn.dynamic_rnn(rnn_cell_impl.GRUCell(2), tf.ones([1, 2, 3]))
    with pytest.raises(ValueError, match="dtype must be specified"):
        rnn.static_rnn(rnn_cell_impl.GRUCell(2), [tf.ones([1, 3])])


def test_images_are_resized_by_the_centers_of_their_pixels() -> None:
    from tensormill.python.ops import image_ops

    row = np.float32([0, 1]).reshape(1, 2, 1)
    for method, expected in (
        ("bilinear", [0, 0.25, 0.75, 1]),
        ("nearest", [0, 0, 1, 1]),
        ("area", [0, 0, 1, 1]),
    ):
        made = image_ops.resize_images_v2(row, [1, 4], method)
        assert made.shape.as_list() == [1, 4, 1]
        np.testing.assert_allclose(value_of(made).ravel(), expected)
    ramp = np.arange(8, dtype=np.float32).reshape(1, 8, 1)
    for method in ("bilinear", "bicubic", "gaussian", "lanczos3", "lanczos5", "mitchellcubic"):
        made = value_of(image_ops.resize_images_v2(ramp, [1, 2], method, antialias=True)).ravel()
        assert made.sum() == pytest.approx(7, abs=1e-4)
        assert made[0] < 3 < 4 < made[1]
    padded = value_of(image_ops.resize_image_with_pad_v2(row, 4, 4))
    assert padded.shape == (4, 4, 1)
    assert padded[0].ravel().tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(padded[1].ravel(), [0, 0.25, 0.75, 1])
    with pytest.raises(ValueError, match="not implemented"):
        image_ops.resize_images_v2(row, [1, 4], "sharp")


def test_a_variable_of_the_modules_is_a_resource_variable() -> None:
    from tensormill.python.ops import variables

    assert tf.compat.v2.Variable is variables.Variable
    asked = []

    def note(next_creator, **options):
        asked.append(options["name"])
        return next_creator(**options)

    with tf.variable_creator_scope(note):
        made = variables.Variable([1.0, 2.0], False, name="made")
    assert made.op.type == "VarHandleOp"
    assert asked == ["made"]
    assert not tf.trainable_variables()
    assert tf.global_variables() == [made]
    assert isinstance(tf.Variable(1.0), variables.Variable)
    assert variables.VariableV1 is tf.Variable
    with pytest.raises(TypeError, match="collections"):
        variables.Variable(1.0, collections=[])


def test_only_a_single_element_fills_a_constant_of_the_modules() -> None:
    from tensormill.python.framework import constant_op

    assert value_of(constant_op.constant([7], shape=[3])).tolist() == [7, 7, 7]
    assert value_of(constant_op.constant_v1([7, 8], shape=[3])).tolist() == [7, 8, 8]
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        constant_op.constant([7, 8], shape=[3])


def test_weights_come_before_the_dtype_of_a_confusion_matrix() -> None:
    from tensormill.python.ops import confusion_matrix

    made = confusion_matrix.confusion_matrix([0, 1], [0, 1], 2, [2, 3])
    assert value_of(made).tolist() == [[2, 0], [0, 3]]
