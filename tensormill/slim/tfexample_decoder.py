"""`slim.tfexample_decoder`: items, such as images and labels, from serialized Examples.

Source: TensorFlow 1.15, contrib/slim/python/slim/data/tfexample_decoder.py, data_decoder.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.functional.map_fn import map_fn
from tensormill.graph import dtypes
from tensormill.graph.sparse_tensor import SparseTensor as SparseValue
from tensormill.graph.tensor import Tensor as GraphTensor
from tensormill.io.example_parsing import FixedLenFeature, parse_single_example
from tensormill.ops.array_shapes import expand_dims, reshape, size
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, logical_or
from tensormill.ops.conditional import case, cond
from tensormill.ops.image_codecs import decode_image, decode_jpeg
from tensormill.ops.joining import concat
from tensormill.ops.sparse_arrays import sparse_tensor_to_dense
from tensormill.ops.sparse_shapes import sparse_reshape
from tensormill.ops.strings import decode_raw
from tensormill.ops.transposition import transpose

__all__ = [
    "BackupHandler",
    "BoundingBox",
    "DataDecoder",
    "Image",
    "ItemHandler",
    "ItemHandlerCallback",
    "LookupTensor",
    "SparseTensor",
    "TFExampleDecoder",
    "Tensor",
]


class DataDecoder(abc.ABC):
    """Turns data of one format into tensors by name."""

    @abc.abstractmethod
    def decode(self, data: Any, items: Sequence[str]) -> list[Any]:
        """Return the tensors of some items."""

    @abc.abstractmethod
    def list_items(self) -> list[str]:
        """Return the names of the items there are."""


class ItemHandler(abc.ABC):
    """Makes an item of the tensors of one or more features."""

    def __init__(self, keys: Any) -> None:
        """Remember the names of the features, a name or a sequence of them."""
        self._keys = list(keys) if isinstance(keys, (tuple, list)) else [keys]

    @property
    def keys(self) -> list[str]:
        """The names of the features."""
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the item of the tensors of the features."""


class ItemHandlerCallback(ItemHandler):
    """An item that a function of the program makes."""

    def __init__(self, keys: Any, func: Callable[[Mapping[str, Any]], Any]) -> None:
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return what the function makes."""
        return self._func(keys_to_tensors)


def _dense(value: Any, default: Any) -> Any:
    return sparse_tensor_to_dense(value, default) if isinstance(value, SparseValue) else value


def _wanted_shape(keys_to_tensors: Mapping[str, Any], shape: Any, shape_keys: Any) -> Any:
    """Return a shape as it was given, or as other features say, None where neither is given."""
    if shape_keys is None:
        return shape
    parts = [_dense(keys_to_tensors[key], 0) for key in shape_keys]
    return concat([reshape(part, [-1]) for part in parts], 0)


class BoundingBox(ItemHandler):
    """Boxes [boxes, 4], of the features for their sides."""

    def __init__(self, keys: Any = None, prefix: str = "") -> None:
        """Name the sides, and what stands before each of their names.

        Raises:
          ValueError: there are not four sides.
        """
        if keys is None:
            keys = ["ymin", "xmin", "ymax", "xmax"]
        elif len(keys) != 4:
            raise ValueError(f"BoundingBox expects 4 keys but got {len(keys)}")
        self._full_keys = [prefix + key for key in keys]
        super().__init__(self._full_keys)

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the boxes."""
        sides = []
        for key in self._full_keys:
            side = keys_to_tensors[key]
            side = side.values if isinstance(side, SparseValue) else side
            sides.append(expand_dims(side, 0))
        return transpose(concat(sides, 0))


class Tensor(ItemHandler):
    """The tensor of a feature, dense, and in a shape where one is given."""

    def __init__(
        self, tensor_key: str, shape_keys: Any = None, shape: Any = None, default_value: Any = 0
    ) -> None:
        """Say which feature, and where its shape comes from.

        Raises:
          ValueError: a shape and features for it are given.
        """
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        if shape_keys and not isinstance(shape_keys, list):
            shape_keys = [shape_keys]
        self._tensor_key = tensor_key
        self._shape_keys = shape_keys
        self._shape = shape
        self._default_value = default_value
        super().__init__([tensor_key, *(shape_keys or [])])

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the tensor."""
        tensor = keys_to_tensors[self._tensor_key]
        shape = _wanted_shape(keys_to_tensors, self._shape, self._shape_keys)
        if isinstance(tensor, SparseValue):
            if shape is not None:
                tensor = sparse_reshape(tensor, shape)
            return sparse_tensor_to_dense(tensor, self._default_value)
        return tensor if shape is None else reshape(tensor, shape)


class LookupTensor(Tensor):
    """The tensor of a feature, looked up in a table."""

    def __init__(
        self,
        tensor_key: str,
        table: Any,
        shape_keys: Any = None,
        shape: Any = None,
        default_value: Any = "",
    ) -> None:
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return what the table has for the tensor."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class BackupHandler(ItemHandler):
    """The item of one handler, or of another where the first gives no elements."""

    def __init__(self, handler: ItemHandler, backup: ItemHandler) -> None:
        """Take two handlers.

        Raises:
          ValueError: one is not a handler.
        """
        for name, each in (("Primary", handler), ("Backup", backup)):
            if not isinstance(each, ItemHandler):
                raise ValueError(f"{name} handler is of type {type(each)} instead of ItemHandler")
        self._handler = handler
        self._backup = backup
        super().__init__(handler.keys + backup.keys)

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the item of the first handler, unless it is empty."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        return cond(
            equal(size(item), 0),
            lambda: self._backup.tensors_to_item(keys_to_tensors),
            lambda: item,
        )


class SparseTensor(ItemHandler):
    """A sparse tensor of vectors of indices and values."""

    def __init__(
        self,
        indices_key: str | None = None,
        values_key: str | None = None,
        shape_key: str | None = None,
        shape: Any = None,
        densify: bool = False,
        default_value: Any = 0,
    ) -> None:
        """Name the features; `densify` asks for a dense tensor."""
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key = shape_key
        self._shape = shape
        self._densify = densify
        self._default_value = default_value
        keys = [self._indices_key, self._values_key]
        super().__init__([*keys, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the tensor."""
        indices = keys_to_tensors[self._indices_key]
        values = keys_to_tensors[self._values_key]
        if self._shape_key:
            shape = _dense(keys_to_tensors[self._shape_key], 0)
        else:
            shape = self._shape if self._shape else indices.dense_shape
        rows = reshape(cast(indices.values, dtypes.int64), [-1, 1])
        tensor = SparseValue(rows, values.values, cast(shape, dtypes.int64))
        return sparse_tensor_to_dense(tensor, self._default_value) if self._densify else tensor


class Image(ItemHandler):
    """A decoded image."""

    def __init__(
        self,
        image_key: str | None = None,
        format_key: str | None = None,
        shape: Any = None,
        channels: int | None = 3,
        dtype: Any = dtypes.uint8,
        repeated: bool = False,
        dct_method: str = "",
    ) -> None:
        """Say which features, and what to decode to.

        Args:
          image_key: the feature with the bytes, "image/encoded" by default.
          format_key: the feature with the format, "image/format" by default.
          shape: the shape to give the image.
          channels: the number of channels.
          dtype: the dtype of its elements.
          repeated: whether there are several images.
          dct_method: how JPEG files are decoded.
        """
        self._image_key = image_key or "image/encoded"
        self._format_key = format_key or "image/format"
        super().__init__([self._image_key, self._format_key])
        self._shape = shape
        self._channels = channels
        self._dtype = dtype
        self._repeated = repeated
        self._dct_method = dct_method

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Return the image, or the images where they are repeated."""
        buffer, image_format = keys_to_tensors[self._image_key], keys_to_tensors[self._format_key]
        if self._repeated:
            return map_fn(lambda each: self._decode(each, image_format), buffer, dtype=self._dtype)
        return self._decode(buffer, image_format)

    def _decode(self, buffer: GraphTensor, image_format: GraphTensor) -> Any:
        def encoded() -> Any:
            return cast(decode_image(buffer, channels=self._channels), self._dtype)

        def jpeg() -> Any:
            image = decode_jpeg(buffer, channels=self._channels or 0, dct_method=self._dct_method)
            return cast(image, self._dtype)

        def is_any_of(*names: str) -> Any:
            return [equal(image_format, name) for name in names]

        is_raw = logical_or(*is_any_of("raw", "RAW"))
        is_jpeg = logical_or(*is_any_of("jpeg", "jpg"))
        branches = [(is_raw, lambda: decode_raw(buffer, self._dtype)), (is_jpeg, jpeg)]
        image = case(branches, default=encoded, exclusive=True)
        image.set_shape([None, None, self._channels])
        return image if self._shape is None else reshape(image, self._shape)


class TFExampleDecoder(DataDecoder):
    """Decodes serialized Examples."""

    def __init__(
        self, keys_to_features: Mapping[str, Any], items_to_handlers: Mapping[str, ItemHandler]
    ) -> None:
        """Say how features are parsed, and which handler makes which item."""
        self._keys_to_features = keys_to_features
        self._items_to_handlers = items_to_handlers

    def list_items(self) -> list[str]:
        """Return the names of the items."""
        return list(self._items_to_handlers)

    def decode(self, serialized_example: Any, items: Sequence[str] | None = None) -> list[Any]:
        """Return the tensors of some items, by default of all."""
        parsed = parse_single_example(serialized_example, self._keys_to_features)
        for key in sorted(self._keys_to_features):
            feature = self._keys_to_features[key]
            if isinstance(feature, FixedLenFeature):
                parsed[key] = reshape(parsed[key], feature.shape)
        found = []
        for item in items or self.list_items():
            handler = self._items_to_handlers[item]
            found.append(handler.tensors_to_item({key: parsed[key] for key in handler.keys}))
        return found
