"""`tf.keras.preprocessing.image`: images in files and arrays, and batches of them.

Source: TensorFlow 1.15, python/keras/preprocessing/image.py.
"""

from __future__ import annotations

from tensormill.keras.preprocessing.image_batches import (
    DirectoryIterator,
    ImageDataGenerator,
    Iterator,
    NumpyArrayIterator,
)
from tensormill.keras.preprocessing.image_changes import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from tensormill.keras.preprocessing.image_files import (
    array_to_img,
    img_to_array,
    load_img,
    save_img,
)

__all__ = [
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
]
