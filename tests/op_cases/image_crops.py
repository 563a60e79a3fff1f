"""Cases of parts of images."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_RNG = np.random.RandomState(5)
_IMAGES = _RNG.rand(2, 5, 6, 3).astype(np.float32)
_BOXES = np.float32(
    [[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [0.8, 0.6, 0.2, 0.1], [-0.3, 0.4, 0.53, 1.4]]
)
_WHICH = np.int32([0, 1, 1, 0])
_SEEDS = {"seed": 3, "seed2": 5}
_OBJECTS = np.float32([[[0.1, 0.2, 0.6, 0.8], [0.3, 0.3, 0.9, 0.5]]])

CASES = [
    *[
        OpCase(
            "CropAndResize",
            [_IMAGES, _BOXES, _WHICH, np.int32(size)],
            {"method": method, "extrapolation_value": 7.0},
        )
        for size in ([4, 3], [1, 1], [6, 1])
        for method in ("bilinear", "nearest")
    ],
    OpCase("CropAndResize", [(_IMAGES * 255).astype(np.uint8), _BOXES, _WHICH, np.int32([3, 3])]),
    OpCase(
        "CropAndResize",
        [_IMAGES, _BOXES, np.int32([0, 1, 2, 0]), np.int32([3, 3])],
        fails="box_index has values outside [0, batch_size)",
    ),
    OpCase(
        "CropAndResize",
        [_IMAGES, _BOXES, _WHICH, np.int32([0, 3])],
        fails="crop dimensions must be positive",
    ),
    *[
        OpCase(
            "CropAndResizeGradImage",
            [_RNG.rand(4, 4, 3, 3).astype(np.float32), _BOXES, _WHICH, np.int32([2, 5, 6, 3])],
            {"T": dtype, "method": method},
            tolerance=1e-5,
        )
        for dtype in ("float32", "float64")
        for method in ("bilinear", "nearest")
    ],
    *[
        OpCase(
            "CropAndResizeGradBoxes",
            [_RNG.rand(4, *size, 3).astype(np.float32), _IMAGES, _BOXES, _WHICH],
            tolerance=1e-4,
        )
        for size in ((4, 3), (1, 2))
    ],
    *[
        OpCase(
            "ExtractGlimpse",
            [_IMAGES, np.int32([3, 4]), np.float32([[0.1, -0.9], [3, 2]])],
            {"centered": c, "normalized": n, "uniform_noise": False, "noise": "zero"},
        )
        for c in (True, False)
        for n in (True, False)
    ],
    OpCase(
        "ExtractGlimpse",
        [_IMAGES, np.int32([9, 9]), np.float32([[0, 0], [0, 0]])],
        compare="shape_dtype",
    ),
    *[
        OpCase(
            "DrawBoundingBoxes",
            [_RNG.rand(1, 9, 8, depth).astype(np.float32), np.float32([_BOXES])],
        )
        for depth in (1, 3, 4)
    ],
    OpCase("DrawBoundingBoxesV2", [_IMAGES[:1], np.float32([_BOXES]), np.float32([[0, 0.5, 1]])]),
    OpCase(
        "DrawBoundingBoxes",
        [np.float32(np.zeros((1, 4, 4, 2))), np.float32([_BOXES])],
        fails="Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)",
    ),
    *[
        OpCase("SampleDistortedBoundingBox", [np.int32([40, 50, 3]), _OBJECTS], {**_SEEDS, **more})
        for more in (
            {},
            {"min_object_covered": 0.9},
            {"area_range": [0.3, 0.6], "aspect_ratio_range": [0.5, 2.0]},
        )
    ],
    OpCase(
        "SampleDistortedBoundingBoxV2",
        [np.int64([40, 50, 3]), _OBJECTS[:, :0], np.float32(0.5)],
        {**_SEEDS, "use_image_if_no_bounding_boxes": True},
    ),
    OpCase(
        "SampleDistortedBoundingBoxV2",
        [np.int64([40, 50, 3]), _OBJECTS[:, :0], np.float32(0.5)],
        _SEEDS,
        fails="No bounding boxes provided as input",
    ),
    OpProgram(
        ("SampleDistortedBoundingBoxV2",),
        """
        made = tf.image.sample_distorted_bounding_box(
            [30, 20, 3], [[[0.1, 0.2, 0.9, 0.9]]], seed=7, min_object_covered=0.2
        )
        with tf.Session() as session:
            result = [session.run(list(made)) for _ in range(3)]
        """,
    ),
]
