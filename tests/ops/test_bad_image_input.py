"""Shapes that kernels of images refuse, in TensorFlow's words: they were asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

IMAGES = np.zeros((2, 4, 4, 3), np.float32)
BOX = np.float32([[0, 0, 1, 1]])
FIRST = np.int32([0])
GRADS = np.zeros((1, 2, 2, 3), np.float32)
OFFSETS = np.zeros((2, 2), np.float32)
PAIR = np.float32([1, 1])


def crop(image: Any = IMAGES, boxes: Any = BOX, box_ind: Any = FIRST) -> dict[str, Any]:
    return {"image": image, "boxes": boxes, "box_ind": box_ind, "crop_size": np.int32([2, 2])}


def image_grad(grads: Any = GRADS, size: Any = (2, 4, 4, 3)) -> dict[str, Any]:
    return {"grads": grads, "boxes": BOX, "box_ind": FIRST, "image_size": np.int32(size)}


def box_grad(grads: Any = GRADS, image: Any = IMAGES) -> dict[str, Any]:
    return {"grads": grads, "image": image, "boxes": BOX, "box_ind": FIRST}


def scaling(**changed: Any) -> dict[str, Any]:
    given = {"images": IMAGES, "size": np.int32([2, 2]), "scale": PAIR, "translation": 0 * PAIR}
    return {**given, **changed}


CASES = [
    ("CropAndResize", crop(box_ind=FIRST[None]), "box_indices must be rank 1 but is shape [1,1]"),
    ("CropAndResize", crop(box_ind=np.int32(0)), "box_indices must be rank 1 but is shape []"),
    ("CropAndResize", crop(boxes=BOX[0]), "boxes must be 2-D, got: [4]"),
    ("CropAndResizeGradImage", image_grad(size=(2, 4, 4)), "image_size must have 4 elements[3]"),
    ("CropAndResizeGradImage", image_grad(size=4), "image_size must be 1-D[]"),
    ("CropAndResizeGradImage", image_grad(size=(2, 0, 4, 3)), "image dimensions must be positive"),
    ("CropAndResizeGradImage", image_grad(GRADS[0]), "grads image must be 4-D[2,2,3]"),
    ("CropAndResizeGradImage", image_grad(GRADS[..., :2]), "image_size and grads are incompatible"),
    (
        "CropAndResizeGradImage",
        image_grad(np.concatenate([GRADS, GRADS])),
        "boxes and grads have incompatible shape",
    ),
    ("CropAndResizeGradBoxes", box_grad(GRADS[0]), "grads image must be 4-D[2,2,3]"),
    ("CropAndResizeGradBoxes", box_grad(image=IMAGES[0]), "input image must be 4-D[4,4,3]"),
    ("CropAndResizeGradBoxes", box_grad(GRADS[..., :2]), "image, grads depth differ"),
    (
        "CropAndResizeGradBoxes",
        box_grad(np.concatenate([GRADS, GRADS])),
        "boxes and grads have incompatible shape",
    ),
    (
        "ExtractGlimpse",
        {"input": IMAGES[0], "size": np.int32([2, 2]), "offsets": OFFSETS},
        "input must be 4-dimensional (batch_size, height, width, depth)[4,4,3]",
    ),
    (
        "ExtractGlimpse",
        {"input": IMAGES, "size": np.int32([-2, 2]), "offsets": OFFSETS},
        "Expected a non-negative size, got -2",
    ),
    (
        "DrawBoundingBoxes",
        {"images": IMAGES, "boxes": BOX},
        "The rank of the boxes tensor should be 3",
    ),
    (
        "DrawBoundingBoxes",
        {"images": IMAGES, "boxes": BOX[None]},
        "The batch sizes should be the same",
    ),
    (
        "DrawBoundingBoxes",
        {"images": IMAGES, "boxes": np.zeros((2, 1, 3), np.float32)},
        "The size of the third dimension of the box must be 4. Received: 3",
    ),
    ("ScaleAndTranslate", scaling(size=np.int32([2])), "output_shape_t must have two elements[1]"),
    ("ScaleAndTranslate", scaling(scale=PAIR[:1]), "t must have two elements[1]"),
    ("ScaleAndTranslate", scaling(translation=PAIR[:1]), "t must have two elements[1]"),
    ("ScaleAndTranslate", scaling(images=IMAGES[0]), "input must be 4-dimensional[4,4,3]"),
]


@pytest.mark.parametrize(("op_type", "inputs", "text"), CASES)
def test_shapes_that_do_not_fit_are_refused(op_type, inputs, text) -> None:
    unknown = {
        name: tf.placeholder_with_default(tf.constant(value), None)
        for name, value in inputs.items()
    }
    attrs = {"T": tf.float32} if op_type == "CropAndResizeGradImage" else {}
    made = getattr(tf.raw_ops, op_type)(**unknown, **attrs)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as refused:
        session.run(made)
    assert refused.value.message.splitlines()[0].startswith(text)


def patches(window: int, stride: int, images: Any = IMAGES[..., :1]) -> Any:
    made = tf.raw_ops.ExtractImagePatches(
        images=tf.placeholder_with_default(images, None),
        ksizes=[1, window, window, 1],
        strides=[1, stride, stride, 1],
        rates=[1, 1, 1, 1],
        padding="VALID",
    )
    with tf.Session() as session:
        return session.run(made).shape


def test_windows_larger_than_an_image_give_no_patches_or_are_refused() -> None:
    assert patches(4, 1) == (2, 1, 1, 16)
    assert patches(5, 1) == (2, 0, 0, 25)
    assert patches(9, 3) == (2, 0, 0, 81)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"negative: -1 \[input_size: 4, eff"):
        patches(9, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"4-dimensional\[4,4,1\]"):
        patches(2, 1, IMAGES[0, ..., :1])
