"""Batches of images, each changed at random.

Source: the package Keras-Preprocessing 1.1, which TensorFlow 1.15 uses.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tensormill.keras.backend.state import floatx, image_data_format
from tensormill.keras.preprocessing.image_changes import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
)
from tensormill.keras.preprocessing.image_files import image_files, img_to_array, load_img
from tensormill.keras.utils.sequences import Sequence

__all__ = ["DirectoryIterator", "ImageDataGenerator", "Iterator", "NumpyArrayIterator"]


class Iterator(Sequence):
    """Batches of numbered elements, again and again.

    Args:
      n: how many elements there are.
      batch_size: how many a batch has.
      shuffle: whether to shuffle them before each round.
      seed: for shuffling.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.batch_index = 0
        self._random = np.random.RandomState(seed)
        self._order: Any = None

    def __len__(self) -> int:
        """Return the number of batches of a round."""
        return -(-self.n // self.batch_size)

    def _batch(self, rows: Any) -> Any:
        raise NotImplementedError

    def __getitem__(self, index: int) -> Any:
        """Return a batch of a round."""
        if index >= len(self):
            raise ValueError(
                f"Asked to retrieve element {index}, but the Sequence has length {len(self)}"
            )
        if self._order is None:
            self.on_epoch_end()
        return self._batch(self._order[index * self.batch_size : (index + 1) * self.batch_size])

    def on_epoch_end(self) -> None:
        """Begin another round."""
        self._order = self._random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def reset(self) -> None:
        """Begin with the first batch."""
        self.batch_index = 0

    def __iter__(self) -> Any:
        """Return this."""
        return self

    def __next__(self) -> Any:
        """Return the next batch."""
        if self.batch_index == 0:
            self.on_epoch_end()
        batch = self[self.batch_index]
        self.batch_index = (self.batch_index + 1) % len(self)
        return batch

    next = __next__


class NumpyArrayIterator(Iterator):
    """Batches of the images of an array, with what belongs to them."""

    def __init__(
        self, x: Any, y: Any, image_data_generator: Any, batch_size: int = 32,
        shuffle: bool = True, sample_weight: Any = None, seed: int | None = None,
    ) -> None:  # fmt: skip
        if y is not None and len(x) != len(y):
            raise ValueError(
                "`x` (images tensor) and `y` (labels) should have the same length. Found: x.shape "
                f"= {np.shape(x)}, y.shape = {np.shape(y)}"
            )
        super().__init__(len(x), batch_size, shuffle, seed)
        self.x = np.asarray(x, dtype=floatx())
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        self._changer = image_data_generator

    def _batch(self, rows: Any) -> Any:
        images = np.stack([self._changer.changed(self.x[row]) for row in rows])
        if self.y is None:
            return images
        if self.sample_weight is None:
            return images, self.y[rows]
        return images, self.y[rows], self.sample_weight[rows]


class DirectoryIterator(Iterator):
    """Batches of the pictures of a folder, whose classes are its folders."""

    def __init__(
        self, directory: str, image_data_generator: Any, target_size: Any = (256, 256),
        color_mode: str = "rgb", classes: Any = None, class_mode: str | None = "categorical",
        batch_size: int = 32, shuffle: bool = True, seed: int | None = None,
        interpolation: str = "nearest", subset: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if class_mode not in ("categorical", "binary", "sparse", "input", None):
            raise ValueError(
                f"Invalid class_mode: {class_mode}; expected one of: categorical, binary, sparse, "
                "input, None"
            )
        names = list(
            classes
            or sorted(
                each
                for each in os.listdir(directory)
                if os.path.isdir(os.path.join(directory, each))
            )
        )
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        self.filepaths: list[str] = []
        labels: list[int] = []
        for name, number in self.class_indices.items():
            found = list(image_files(os.path.join(directory, name)))
            found = image_data_generator.part(found, subset)
            self.filepaths += found
            labels += [number] * len(found)
        self.classes = np.array(labels, dtype="int32")
        self.filenames = [os.path.relpath(path, directory) for path in self.filepaths]
        self.samples = len(self.filepaths)
        self.target_size = tuple(target_size)
        self.color_mode = color_mode
        self.class_mode = class_mode
        self.interpolation = interpolation
        self._changer = image_data_generator
        text = f"Found {self.samples} images belonging to {self.num_classes} classes."
        print(text)  # noqa: T201 - as TensorFlow does
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _batch(self, rows: Any) -> Any:
        images = np.stack([self._image(self.filepaths[row]) for row in rows])
        labels = self.classes[rows]
        if self.class_mode == "input":
            return images, images.copy()
        if self.class_mode == "categorical":
            return images, np.eye(self.num_classes, dtype=floatx())[labels]
        if self.class_mode in ("binary", "sparse"):
            return images, labels.astype(floatx())
        return images

    def _image(self, path: str) -> Any:
        picture = load_img(
            path, color_mode=self.color_mode, target_size=self.target_size,
            interpolation=self.interpolation,
        )  # fmt: skip
        return self._changer.changed(img_to_array(picture, self._changer.data_format))


class ImageDataGenerator:
    """Changes images at random, and gives batches of them.

    Args:
      featurewise_center: whether to take the mean of all images from each.
      samplewise_center: whether to take its own mean from each.
      featurewise_std_normalization: whether to divide by the deviation of all.
      samplewise_std_normalization: whether to divide each by its own.
      zca_whitening: whether to take out how pixels go together, as `fit` has learnt it.
      zca_epsilon: added to the variances for that.
      rotation_range: by how many degrees images are turned at most.
      width_shift_range: by which share of the width they are moved at most.
      height_shift_range: by which share of the height.
      brightness_range: factors of brightness.
      shear_range: by how many degrees they are sheared at most.
      zoom_range: factors of size, or how far these are from 1.
      channel_shift_range: what is added to channels at most.
      fill_mode: what stands for pixels outside: "nearest", "constant", "reflect" or "wrap".
      cval: the pixel for "constant".
      horizontal_flip: whether to mirror images left to right.
      vertical_flip: whether to mirror them upside down.
      rescale: by what to multiply pixels.
      preprocessing_function: a function of each image.
      data_format: "channels_last" or "channels_first".
      validation_split: the share of a folder that is `subset="validation"`.
      **kwargs: `dtype`.
    """

    def __init__(
        self, featurewise_center: bool = False, samplewise_center: bool = False,
        featurewise_std_normalization: bool = False, samplewise_std_normalization: bool = False,
        zca_whitening: bool = False, zca_epsilon: float = 1e-6, rotation_range: float = 0,
        width_shift_range: float = 0.0, height_shift_range: float = 0.0,
        brightness_range: Any = None, shear_range: float = 0.0, zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0, fill_mode: str = "nearest", cval: float = 0.0,
        horizontal_flip: bool = False, vertical_flip: bool = False, rescale: Any = None,
        preprocessing_function: Any = None, data_format: str | None = None,
        validation_split: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                '`data_format` should be `"channels_last"` (channel after row and column) or '
                f'`"channels_first"` (channel before row and column). Received: {data_format}'
            )
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1.  Received: "
                f"{validation_split}"
            )
        if not isinstance(zoom_range, (int, float)) and len(zoom_range) != 2:
            raise ValueError(
                f"`zoom_range` should be a float or a tuple or list of two floats. Received: "
                f"{zoom_range}"
            )
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.principal_components: Any = None
        self.featurewise_center = (
            featurewise_center or featurewise_std_normalization or zca_whitening
        )
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        self.zoom_range = (
            (1 - zoom_range, 1 + zoom_range)
            if isinstance(zoom_range, (int, float))
            else tuple(zoom_range)
        )
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.data_format = data_format or image_data_format()
        self.validation_split = validation_split
        self.mean: Any = None
        self.std: Any = None
        first = self.data_format == "channels_first"
        self._row, self._column, self._channel = (1, 2, 0) if first else (0, 1, 2)

    def flow(
        self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True,
        sample_weight: Any = None, seed: int | None = None, subset: str | None = None,
        **kwargs: Any,
    ) -> NumpyArrayIterator:  # fmt: skip
        """Return batches of the images of an array."""
        x = self.part(x, subset)
        y = None if y is None else self.part(y, subset)
        weights = None if sample_weight is None else self.part(sample_weight, subset)
        return NumpyArrayIterator(x, y, self, batch_size, shuffle, weights, seed)

    def flow_from_directory(self, directory: str, **kwargs: Any) -> DirectoryIterator:
        """Return batches of the pictures of a folder; see `DirectoryIterator`."""
        return DirectoryIterator(directory, self, **kwargs)

    def part(self, items: Any, subset: str | None) -> Any:
        """Return the part of items that is for "training" or "validation"; all for None.

        Raises:
          ValueError: there is no such part.
        """
        at = int(len(items) * self.validation_split)
        if subset is None:
            return items
        if subset not in ("training", "validation"):
            raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation"')
        return items[:at] if subset == "validation" else items[at:]

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: Any = None) -> None:
        """Learn the mean and the deviation of all images, and how their pixels go together.

        Args:
          x: the images, [n, ...].
          augment: whether to learn from images changed at random, in `rounds` ways each.
          rounds: see `augment`.
          seed: for these changes.

        Raises:
          ValueError: the array has not four axes.
        """
        x = np.asarray(x, dtype=floatx())
        if x.ndim != 4:
            raise ValueError(
                f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}"
            )
        if seed is not None:
            np.random.seed(seed)
        if augment:
            x = np.stack([self.random_transform(image) for _ in range(rounds) for image in x])
        axes = tuple(axis for axis in range(4) if axis not in (self._channel + 1,))
        self.mean = x.mean(axis=axes, keepdims=True)[0]
        self.std = x.std(axis=axes, keepdims=True)[0]
        if self.zca_whitening:
            scale = self.std + 1e-6 if self.featurewise_std_normalization else 1.0
            whole = ((x - self.mean) / scale).reshape(len(x), -1)
            vectors, values, _ = np.linalg.svd(whole.T @ whole / len(whole))
            self.principal_components = (vectors / np.sqrt(values + self.zca_epsilon)) @ vectors.T

    def changed(self, image: Any) -> Any:
        """Return an image changed at random, in the form that models take."""
        return self.standardize(self.random_transform(image))

    def random_transform(self, x: Any, seed: int | None = None) -> Any:
        """Return an image changed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """Return what is to change of an image."""
        if seed is not None:
            np.random.seed(seed)

        def moved(limit: float, size: int) -> float:
            return float(np.random.uniform(-limit, limit) * (size if limit < 1 else 1))

        low, high = self.zoom_range
        zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
        angle, shear = self.rotation_range, self.shear_range
        shift = self.channel_shift_range
        return {
            "theta": np.random.uniform(-angle, angle) if angle else 0,
            "tx": moved(self.height_shift_range, img_shape[self._row])
            if self.height_shift_range else 0,
            "ty": moved(self.width_shift_range, img_shape[self._column])
            if self.width_shift_range else 0,
            "shear": np.random.uniform(-shear, shear) if shear else 0,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": bool(np.random.random() < 0.5) and self.horizontal_flip,
            "flip_vertical": bool(np.random.random() < 0.5) and self.vertical_flip,
            "channel_shift_intensity": np.random.uniform(-shift, shift) if shift else None,
            "brightness": np.random.uniform(*self.brightness_range)
            if self.brightness_range else None,
        }  # fmt: skip

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Any:
        """Return an image with what `get_random_transform` gave."""
        given = transform_parameters
        x = apply_affine_transform(
            x, given.get("theta", 0), given.get("tx", 0), given.get("ty", 0),
            given.get("shear", 0), given.get("zx", 1), given.get("zy", 1), self._row,
            self._column, self._channel, self.fill_mode, self.cval,
        )  # fmt: skip
        if given.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given["channel_shift_intensity"], self._channel)
        if given.get("flip_horizontal"):
            x = np.flip(x, self._column)
        if given.get("flip_vertical"):
            x = np.flip(x, self._row)
        if given.get("brightness") is not None:
            x = apply_brightness_shift(x, given["brightness"])
        return x

    def standardize(self, x: Any) -> Any:
        """Return an image in the form that models take."""
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        x = np.asarray(x, dtype=floatx())
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - x.mean(keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (x.std(keepdims=True) + 1e-6)
        if self.featurewise_center and self.mean is not None:
            x = x - self.mean
        if self.featurewise_std_normalization and self.std is not None:
            x = x / (self.std + 1e-6)
        if self.zca_whitening and self.principal_components is not None:
            x = (x.reshape(1, -1) @ self.principal_components).reshape(x.shape)
        return x.astype(floatx())
