"""`tf.parse_example` and its kin: what is wanted of a message, and the tensors of it.

Source: TensorFlow 1.15, python/ops/parsing_ops.py and python/ops/parsing_config.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape, as_shape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.example_parsing import (
    decode_json_example_op,
    parse_example_op,
    parse_single_example_op,
)
from tensormill.ops.sequence_parsing import (
    parse_sequence_example_op,
    parse_single_sequence_example_op,
)
from tensormill.ops.slicing import slice as slice_of
from tensormill.ops.sparse_arrays import sparse_merge

__all__ = [
    "FixedLenFeature",
    "FixedLenSequenceFeature",
    "SparseFeature",
    "VarLenFeature",
    "decode_json_example",
    "parse_example",
    "parse_sequence_example",
    "parse_single_example",
    "parse_single_sequence_example",
]


class VarLenFeature(NamedTuple):
    """A feature of any number of values: a sparse tensor."""

    dtype: Any


class FixedLenFeature(NamedTuple):
    """A feature of a fixed shape: a tensor. Without a default every example must have it."""

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A feature of any number of rows of a fixed shape: a tensor, filled up at its end."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class _SparseFeature(NamedTuple):
    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


class SparseFeature(_SparseFeature):
    """A sparse tensor whose indices and values are two features.

    Args:
      index_key: the feature of the indices, or several, one an axis.
      value_key: the feature of the values.
      dtype: of the values.
      size: of the tensor; as many as index keys.
      already_sorted: the indices ascend in every example.
    """

    __slots__ = ()


@dataclass
class Wanted:
    """What an op is told of the features.

    Attributes:
      sparse_keys: the features to be parsed as sparse tensors.
      sparse_types: their dtypes.
      dense_keys: those to be parsed as tensors.
      dense_types: their dtypes.
      dense_defaults: default values by key.
      dense_shapes: their shapes; a first size of None varies.
    """

    sparse_keys: list[str] = field(default_factory=list)
    sparse_types: list[Any] = field(default_factory=list)
    dense_keys: list[str] = field(default_factory=list)
    dense_types: list[Any] = field(default_factory=list)
    dense_defaults: dict[str, Any] = field(default_factory=dict)
    dense_shapes: list[Any] = field(default_factory=list)

    def add_sparse(self, key: str, dtype: Any) -> None:
        """Ask for a feature as a sparse tensor.

        Raises:
          ValueError: it is asked for already with another dtype.
        """
        if key in self.sparse_keys:
            known = self.sparse_types[self.sparse_keys.index(key)]
            if known != dtype:
                raise ValueError(f"Conflicting type {known} vs {dtype} for feature {key}.")
            return
        self.sparse_keys.append(key)
        self.sparse_types.append(dtype)

    def add_dense(self, key: str, feature: Any, shape: Any) -> None:
        """Ask for a feature as a tensor."""
        self.dense_keys.append(key)
        self.dense_types.append(feature.dtype)
        self.dense_shapes.append(as_shape(shape))
        if feature.default_value is not None:
            self.dense_defaults[key] = feature.default_value


def _dtype(key: str, feature: Any) -> Any:
    if not feature.dtype:
        raise ValueError(f"Missing type for feature {key}.")
    return feature.dtype


def wanted_features(features: Mapping[str, Any]) -> Wanted:
    """Return what an op is told of the features, in the order of their keys.

    Raises:
      ValueError: a feature is of another kind, or does not say what it must.
    """
    wanted = Wanted()
    for key in sorted(features):
        feature: Any = features[key]
        if isinstance(feature, VarLenFeature):
            wanted.add_sparse(key, _dtype(key, feature))
        elif isinstance(feature, SparseFeature):
            _add_parts(wanted, key, feature)
        elif not isinstance(feature, (FixedLenFeature, FixedLenSequenceFeature)):
            raise ValueError(f"Invalid feature {key}:{feature}.")
        else:
            _dtype(key, feature)
            if feature.shape is None:
                raise ValueError(f"Missing shape for feature {key}.")
            shape = as_shape(feature.shape)
            if isinstance(feature, FixedLenSequenceFeature):
                if not feature.allow_missing:
                    raise ValueError(
                        "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."
                    )
                shape = TensorShape([None]).concatenate(shape)
            elif shape.ndims and shape.as_list()[0] is None:
                raise ValueError(
                    f"First dimension of shape for feature {key} unknown. Consider using "
                    "FixedLenSequenceFeature."
                )
            elif not shape.is_fully_defined():
                raise ValueError(
                    f"All dimensions of shape for feature {key} need to be known but "
                    f"received {feature.shape!s}."
                )
            wanted.add_dense(key, feature, shape)
    return wanted


def _add_parts(wanted: Wanted, key: str, feature: SparseFeature) -> None:
    index_keys = feature.index_key
    index_keys = [index_keys] if isinstance(index_keys, str) else index_keys
    if not index_keys:
        raise ValueError(f"Missing index_key for SparseFeature {feature}.")
    if not feature.value_key:
        raise ValueError(f"Missing value_key for SparseFeature {feature}.")
    for index_key in sorted(index_keys):
        wanted.add_sparse(index_key, dtypes.int64)
    wanted.add_sparse(feature.value_key, _dtype(key, feature))


def _key_name(key: str) -> str:
    return f"key_{_in_name(key)}"


def _default_tensors(wanted: Wanted) -> list[Tensor]:
    """Return the default values as tensors; an empty one stands for none."""
    made = []
    for key, dtype, shape in zip(
        wanted.dense_keys, wanted.dense_types, wanted.dense_shapes, strict=True
    ):
        given = wanted.dense_defaults.get(key)
        varies = shape.ndims and shape.as_list()[0] is None
        if varies and given is None:
            empty = "" if dtypes.as_dtype(dtype) == dtypes.string else 0
            made.append(convert_to_tensor(empty, dtype=dtype))
        elif given is None:
            made.append(constant([], dtype=dtype))
        elif isinstance(given, Tensor) and not varies:
            made.append(given)
        else:
            tensor = convert_to_tensor(given, dtype=dtype, name=_key_name(key))
            made.append(reshape(tensor, [] if varies else shape))
    return made


def _by_key(wanted: Wanted, outputs: Sequence[Tensor]) -> dict[str, Any]:
    count = len(wanted.sparse_keys)
    found: dict[str, Any] = {
        key: SparseTensor(outputs[i], outputs[count + i], outputs[2 * count + i])
        for i, key in enumerate(wanted.sparse_keys)
    }
    found.update(zip(wanted.dense_keys, outputs[3 * count :], strict=True))
    return found


def _with_sparse_features(features: Mapping[str, Any], parsed: dict[str, Any]) -> dict[str, Any]:
    """Return the parsed features with sparse ones put together of indices and values."""
    found = dict(parsed)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            index_keys = feature.index_key
            ids = (
                parsed[index_keys]
                if isinstance(index_keys, str)
                else [parsed[index_key] for index_key in index_keys]
            )
            found[key] = sparse_merge(
                ids,
                parsed[feature.value_key],
                vocab_size=feature.size,
                already_sorted=feature.already_sorted,
            )
    return {key: found[key] for key in features}


def parse_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Return the features of serialized `tf.train.Example` messages, a row each.

    Args:
      serialized: string vector.
      features: what is wanted, by key.
      name: of the operation.
      example_names: string vector, to name the examples in errors.

    Returns:
      A dict of tensors and sparse tensors by key.

    Raises:
      ValueError: a feature is malformed.
    """
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    wanted = wanted_features(features)
    with name_scope(name, "ParseExample", [serialized, example_names]):
        defaults = _default_tensors(wanted)
        op = parse_example_op.make(
            serialized,
            convert_to_tensor([], dtypes.string) if example_names is None else example_names,
            wanted.sparse_keys,
            wanted.dense_keys,
            defaults,
            sparse_types=wanted.sparse_types,
            dense_shapes=wanted.dense_shapes,
            name="ParseExample",
        )
    return _with_sparse_features(features, _by_key(wanted, list(op.outputs)))


def parse_single_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Return the features of one serialized `tf.train.Example` message.

    Args:
      serialized: string scalar.
      features: what is wanted, by key.
      name: of the operation.
      example_names: string scalar, to name the example in errors.

    Returns:
      A dict of tensors and sparse tensors by key.

    Raises:
      ValueError: a feature is malformed.
    """
    if not features:
        raise ValueError("Missing features.")
    wanted = wanted_features(features)
    if example_names is not None:
        return _parse_named(serialized, features, wanted, name, example_names)
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        text = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        defaults = _default_tensors(wanted)
        op = parse_single_example_op.make(
            text,
            defaults,
            num_sparse=len(wanted.sparse_keys),
            sparse_keys=wanted.sparse_keys,
            sparse_types=wanted.sparse_types,
            dense_keys=wanted.dense_keys,
            dense_shapes=wanted.dense_shapes,
            name="ParseSingleExample",
        )
        return _with_sparse_features(features, _by_key(wanted, list(op.outputs)))


def _parse_named(
    serialized: Any, features: Mapping[str, Any], wanted: Wanted, name: str | None, names: Any
) -> dict[str, Any]:
    """Return the features of one message as those of a batch of one, whose errors have a name."""
    with name_scope(name, "ParseSingleExample", [serialized, names]):
        texts = []
        for text, what in ((serialized, "serialized"), (names, "names")):
            made = convert_to_tensor(text, dtype=dtypes.string, name=what)
            if made.dims:
                raise ValueError(f"Input {what} must be a scalar")
            texts.append(expand_dims(made, 0))
        op = parse_example_op.make(
            *texts,
            wanted.sparse_keys,
            wanted.dense_keys,
            _default_tensors(wanted),
            sparse_types=wanted.sparse_types,
            dense_shapes=wanted.dense_shapes,
            name="ParseExample",
        )
        found = _by_key(wanted, list(op.outputs))
        for key in wanted.dense_keys:
            found[key] = squeeze(found[key], [0], name=f"Squeeze_{_in_name(key)}")
        for key in wanted.sparse_keys:
            sparse = found[key]
            found[key] = SparseTensor(
                slice_of(sparse.indices, [0, 1], [-1, -1], name=f"Slice_Indices_{_in_name(key)}"),
                sparse.values,
                slice_of(sparse.dense_shape, [1], [-1], name=f"Squeeze_Shape_{_in_name(key)}"),
            )
    return _with_sparse_features(features, found)


def _in_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)


def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the features of a serialized `tf.train.SequenceExample` message.

    Args:
      serialized: string scalar.
      context_features: what is wanted of the sequence as a whole, by key.
      sequence_features: what is wanted of its steps, by key: `FixedLenSequenceFeature` for a
        tensor [steps, ...], `VarLenFeature` for a sparse one.
      example_name: string scalar, to name the example in errors.
      name: of the operation.

    Returns:
      Two dicts by key: of the context, and of the steps.

    Raises:
      ValueError: nothing is wanted, or a feature is malformed.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = wanted_features(context_features or {})
    steps, optional = _wanted_steps(sequence_features or {})
    with name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        text = convert_to_tensor(serialized, dtype=dtypes.string, name="serialized")
        op = parse_single_sequence_example_op.make(
            text,
            convert_to_tensor(optional, dtypes.string),
            context.sparse_keys,
            context.dense_keys,
            steps.sparse_keys,
            steps.dense_keys,
            _default_tensors(context),
            "" if example_name is None else example_name,
            context_sparse_types=context.sparse_types,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_types=steps.sparse_types,
            feature_list_dense_types=steps.dense_types,
            feature_list_dense_shapes=steps.dense_shapes,
            name="ParseSingleSequenceExample",
        )
        outputs = list(op.outputs)
        first = 3 * len(context.sparse_keys) + len(context.dense_keys)
        found = _with_sparse_features(context_features or {}, _by_key(context, outputs[:first]))
        return found, _with_sparse_features(
            sequence_features or {}, _by_key(steps, outputs[first:])
        )


def parse_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]]:
    """Return the features of serialized `tf.train.SequenceExample` messages, a row each.

    Args:
      serialized: string vector.
      context_features: what is wanted of the sequences as a whole, by key.
      sequence_features: what is wanted of their steps, by key: `FixedLenSequenceFeature` for a
        tensor [batch, steps, ...] filled up at its end, `VarLenFeature` for a sparse one.
      example_names: string vector, to name the examples in errors.
      name: of the operation.

    Returns:
      Three dicts by key: of the context, of the steps, and of the numbers of steps of tensors.

    Raises:
      ValueError: nothing is wanted, or a feature is malformed.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = wanted_features(context_features or {})
    steps, optional = _wanted_steps(sequence_features or {})
    with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        op = parse_sequence_example_op.make(
            convert_to_tensor(serialized, dtype=dtypes.string, name="serialized"),
            convert_to_tensor([], dtypes.string) if example_names is None else example_names,
            _default_tensors(context),
            feature_list_dense_missing_assumed_empty=optional,
            context_sparse_keys=context.sparse_keys,
            context_dense_keys=context.dense_keys,
            feature_list_sparse_keys=steps.sparse_keys,
            feature_list_dense_keys=steps.dense_keys,
            Ncontext_sparse=len(context.sparse_keys),
            Ncontext_dense=len(context.dense_keys),
            Nfeature_list_sparse=len(steps.sparse_keys),
            Nfeature_list_dense=len(steps.dense_keys),
            context_sparse_types=context.sparse_types,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_types=steps.sparse_types,
            feature_list_dense_types=steps.dense_types,
            feature_list_dense_shapes=steps.dense_shapes,
            name="ParseSequenceExample",
        )
    outputs = list(op.outputs)
    first = 3 * len(context.sparse_keys) + len(context.dense_keys)
    last = len(outputs) - len(steps.dense_keys)
    return (
        _with_sparse_features(context_features or {}, _by_key(context, outputs[:first])),
        _with_sparse_features(sequence_features or {}, _by_key(steps, outputs[first:last])),
        dict(zip(steps.dense_keys, outputs[last:], strict=True)),
    )


def _wanted_steps(features: Mapping[str, Any]) -> tuple[Wanted, list[str]]:
    """Return what is wanted of the steps, and which features may be missing altogether."""
    wanted, optional = Wanted(), []
    for key in sorted(features):
        feature: Any = features[key]
        if isinstance(feature, VarLenFeature):
            wanted.add_sparse(key, _dtype(key, feature))
        elif isinstance(feature, SparseFeature):
            _add_parts(wanted, key, feature)
        elif isinstance(feature, FixedLenSequenceFeature):
            _dtype(key, feature)
            wanted.add_dense(key, feature, feature.shape)
            if feature.allow_missing:
                optional.append(key)
            if feature.default_value is not None:
                raise ValueError(
                    f"Unsupported: default_value in FixedLenSequenceFeature of feature {key}."
                )
        else:
            raise ValueError(f"Unsupported {type(feature).__name__} {feature}.")
    return wanted, optional


def decode_json_example(json_examples: Any, name: str | None = None) -> Tensor:
    """Return `tf.train.Example` messages in JSON as serialized ones.

    Args:
      json_examples: string.
      name: of the operation.
    """
    made: Tensor = decode_json_example_op(json_examples, name=name)
    return made
