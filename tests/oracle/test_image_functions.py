"""Functions of `tf.image` in real TensorFlow and here."""

import textwrap

import numpy as np
import pytest

import tensormill as tf

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
    program = textwrap.dedent(_PROGRAM)
    values, shapes = oracle.run(program)
    names = {"tf": tf, "np": np}
    with tf.Graph().as_default():
        exec(program, names)
    made_values, made_shapes = names["result"]
    for index, (made, expected) in enumerate(zip(made_values, values, strict=True)):
        tolerance = 1.01 if expected.dtype.kind == "u" else 2e-5
        np.testing.assert_allclose(
            made.astype(np.float64), expected.astype(np.float64), atol=tolerance, err_msg=str(index)
        )
        assert made.dtype == expected.dtype
    assert made_shapes == shapes
