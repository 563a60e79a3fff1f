"""Functions of `tf.image` in real TensorFlow and here."""

import numpy as np
import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(2)
one = tf.constant(rng.rand(5, 6, 3).astype("f"))
many = tf.constant(rng.rand(2, 5, 6, 3).astype("f"))
bytes_ = tf.constant(rng.randint(0, 256, (5, 6, 3)).astype("u1"))
free = tf.placeholder(tf.float32, [None, None, 3])
im = tf.image
made = []
for image in (one, many):
    made += [
        im.flip_left_right(image), im.flip_up_down(image), im.rot90(image), im.rot90(image, 3),
        im.transpose_image(image), im.central_crop(image, 0.5),
        im.crop_to_bounding_box(image, 1, 2, 3, 2), im.pad_to_bounding_box(image, 1, 2, 8, 9),
        im.resize_image_with_crop_or_pad(image, 3, 9), im.per_image_standardization(image),
        im.adjust_brightness(image, 0.2), im.adjust_contrast(image, 0.5),
        im.adjust_hue(image, 0.1), im.adjust_saturation(image, 0.4), im.rgb_to_grayscale(image),
        im.grayscale_to_rgb(im.rgb_to_grayscale(image)),
        *[im.resize_images(image, [4, 9], method) for method in range(4)],
        im.resize_images(image, [20, 9], preserve_aspect_ratio=True),
    ]
made += [
    im.convert_image_dtype(bytes_, tf.float32), im.convert_image_dtype(one, tf.uint8),
    im.convert_image_dtype(bytes_, tf.uint16), im.adjust_brightness(bytes_, 0.3),
    im.adjust_contrast(bytes_, 2.0), im.rgb_to_grayscale(bytes_), im.flip_left_right(free),
    im.central_crop(free, 0.5), im.resize_image_with_crop_or_pad(free, 3, 9),
    im.resize_images(free, [3, 3]), im.adjust_gamma(one, 0.5),
]
with tf.Session() as session:
    values = session.run(made, {free: rng.rand(5, 6, 3)})
result = [values, [[None if d is None else int(d) for d in t.shape.as_list()] for t in made]]
"""


def test_image_functions_are_those_of_tensorflow(oracle) -> None:
    (made_values, made_shapes), (values, shapes) = answers_of_both(oracle, _PROGRAM)
    for index, (made, expected) in enumerate(zip(made_values, values, strict=True)):
        tolerance = 1.01 if expected.dtype.kind == "u" else 2e-5
        np.testing.assert_allclose(
            made.astype(np.float64), expected.astype(np.float64), atol=tolerance, err_msg=str(index)
        )
        assert made.dtype == expected.dtype
    assert made_shapes == shapes


_MORE = """
rng = np.random.RandomState(2)
one = tf.constant(rng.rand(2, 30, 28, 3).astype("f"))
other = tf.constant(rng.rand(2, 30, 28, 3).astype("f"))
large = [tf.constant(rng.randint(0, 256, (1, 180, 190, 3)).astype("u1")) for _ in range(2)]
im = tf.image
boxes, scores = tf.constant(rng.rand(6, 4).astype("f")), tf.constant(rng.rand(6).astype("f"))
made = [
    im.psnr(one, other, 1.0), im.ssim(one, other, 1.0), im.ssim(one[0], other[0], 1.0),
    im.ssim_multiscale(large[0], large[1], 255), im.psnr(large[0], large[1], 255),
    im.total_variation(one), im.total_variation(one[0]), *im.image_gradients(one),
    im.sobel_edges(one), im.rgb_to_yiq(one), im.yiq_to_rgb(one), im.rgb_to_yuv(one),
    im.yuv_to_rgb(one), im.resize_image_with_pad(one, 20, 40),
    im.resize_image_with_pad(one[0], 50, 9),
    im.extract_image_patches(one, [1, 3, 3, 1], [1, 5, 5, 1], [1, 1, 1, 1], "VALID"),
    im.non_max_suppression_padded(boxes, scores, 4, 0.3, 0.1, True)[0],
    *im.non_max_suppression_with_scores(boxes, scores, 4, 0.3, 0.1, 0.4),
    im.non_max_suppression_overlaps(tf.matmul(boxes, boxes, transpose_b=True), scores, 4, 0.7),
    im.crop_and_resize(one, [[0.1, 0.2, 0.8, 0.9]], [1], [4, 5]),
    im.draw_bounding_boxes(one, [[[0.1, 0.2, 0.8, 0.9]]] * 2),
    *tf.gradients(im.ssim(one, other, 1.0), one), *tf.gradients(im.total_variation(one), one),
]
with tf.Session() as session:
    values = session.run(made)
result = [values, [[None if d is None else int(d) for d in t.shape.as_list()]
                   if t.shape.ndims is not None else None for t in made]]
"""


def test_measures_and_boxes_are_those_of_tensorflow(oracle) -> None:
    (made_values, made_shapes), (values, shapes) = answers_of_both(oracle, _MORE)
    check_values(made_values, values, rtol=1e-4, atol=2e-5)
    assert made_shapes == shapes
