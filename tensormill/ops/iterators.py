"""Iterators over datasets, optional values, and what takes a whole dataset.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.ops.dataset_op import TYPED

iterator_op = define(
    "Iterator",
    outputs=("handle: resource",),
    attrs=("shared_name: string", "container: string", *TYPED),
    stateful=True,
    differentiable=False,
)
iterator_v2_op = define(
    "IteratorV2",
    outputs=("handle: resource",),
    attrs=("shared_name: string", "container: string", *TYPED),
    stateful=True,
    differentiable=False,
)
anonymous_iterator_op = define(
    "AnonymousIterator",
    outputs=("handle: resource",),
    attrs=(*TYPED,),
    stateful=True,
    differentiable=False,
)
one_shot_iterator_op = define(
    "OneShotIterator",
    outputs=("handle: resource",),
    attrs=("dataset_factory: func", *TYPED, 'container: string = ""', 'shared_name: string = ""'),
    stateful=True,
    differentiable=False,
)
make_iterator_op = define(
    "MakeIterator",
    inputs=("dataset: variant", "iterator: resource"),
    stateful=True,
    differentiable=False,
)
iterator_get_next_op = define(
    "IteratorGetNext",
    inputs=("iterator: resource",),
    outputs=("components: output_types",),
    attrs=(*TYPED,),
    stateful=True,
    differentiable=False,
)
iterator_get_next_sync_op = define(
    "IteratorGetNextSync",
    inputs=("iterator: resource",),
    outputs=("components: output_types",),
    attrs=(*TYPED,),
    stateful=True,
    differentiable=False,
)
iterator_get_next_as_optional_op = define(
    "IteratorGetNextAsOptional",
    inputs=("iterator: resource",),
    outputs=("optional: variant",),
    attrs=(*TYPED,),
    stateful=True,
    differentiable=False,
)
iterator_to_string_handle_op = define(
    "IteratorToStringHandle",
    inputs=("resource_handle: resource",),
    outputs=("string_handle: string",),
    stateful=True,
    differentiable=False,
)
iterator_from_string_handle_op = define(
    "IteratorFromStringHandle",
    inputs=("string_handle: string",),
    outputs=("resource_handle: resource",),
    attrs=("output_types: list(type) >= 0 = []", "output_shapes: list(shape) >= 0 = []"),
    stateful=True,
    differentiable=False,
)
iterator_from_string_handle_v2_op = define(
    "IteratorFromStringHandleV2",
    inputs=("string_handle: string",),
    outputs=("resource_handle: resource",),
    attrs=("output_types: list(type) >= 0 = []", "output_shapes: list(shape) >= 0 = []"),
    stateful=True,
    differentiable=False,
)
optional_none_op = define(
    "OptionalNone",
    outputs=("optional: variant",),
    differentiable=False,
)
optional_from_value_op = define(
    "OptionalFromValue",
    inputs=("components: Toutput_types",),
    outputs=("optional: variant",),
    attrs=("Toutput_types: list(type) >= 1",),
    differentiable=False,
)
optional_has_value_op = define(
    "OptionalHasValue",
    inputs=("optional: variant",),
    outputs=("has_value: bool",),
    differentiable=False,
)
optional_get_value_op = define(
    "OptionalGetValue",
    inputs=("optional: variant",),
    outputs=("components: output_types",),
    attrs=(*TYPED,),
    differentiable=False,
)
dataset_to_single_element_op = define(
    "DatasetToSingleElement",
    inputs=("dataset: variant",),
    outputs=("components: output_types",),
    attrs=(*TYPED, 'metadata: string = ""'),
    stateful=True,
    differentiable=False,
)
dataset_cardinality_op = define(
    "DatasetCardinality",
    inputs=("input_dataset: variant",),
    outputs=("cardinality: int64",),
    attrs=('cardinality_options: string = ""',),
    differentiable=False,
)
experimental_dataset_cardinality_op = define(
    "ExperimentalDatasetCardinality",
    inputs=("input_dataset: variant",),
    outputs=("cardinality: int64",),
    differentiable=False,
)
reduce_dataset_op = define(
    "ReduceDataset",
    inputs=("input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"),
    outputs=("components: output_types",),
    attrs=(
        "f: func",
        "Tstate: list(type) >= 1",
        "Targuments: list(type) >= 0",
        *TYPED,
        "use_inter_op_parallelism: bool = true",
        'metadata: string = ""',
    ),
    stateful=True,
    differentiable=False,
)
dataset_to_tf_record_op = define(
    "DatasetToTFRecord",
    inputs=("input_dataset: variant", "filename: string", "compression_type: string"),
    stateful=True,
    differentiable=False,
)
experimental_dataset_to_tf_record_op = define(
    "ExperimentalDatasetToTFRecord",
    inputs=("input_dataset: variant", "filename: string", "compression_type: string"),
    stateful=True,
    differentiable=False,
)
wrap_dataset_variant_op = define(
    "WrapDatasetVariant",
    inputs=("input_handle: variant",),
    outputs=("output_handle: variant",),
    differentiable=False,
)
unwrap_dataset_variant_op = define(
    "UnwrapDatasetVariant",
    inputs=("input_handle: variant",),
    outputs=("output_handle: variant",),
    differentiable=False,
)
iterator_get_device_op = define(
    "IteratorGetDevice",
    inputs=("resource: resource",),
    outputs=("device: string",),
    stateful=True,
    differentiable=False,
)
experimental_iterator_get_device_op = define(
    "ExperimentalIteratorGetDevice",
    inputs=("resource: resource",),
    outputs=("device: string",),
    stateful=True,
    differentiable=False,
)

serialize_iterator_op = define(
    "SerializeIterator",
    inputs=("resource_handle: resource",),
    outputs=("serialized: variant",),
    attrs=("external_state_policy: int = 0",),
    stateful=True,
    differentiable=False,
)
deserialize_iterator_op = define(
    "DeserializeIterator",
    inputs=("resource_handle: resource", "serialized: variant"),
    stateful=True,
    differentiable=False,
)


@serialize_iterator_op.shape
def serialize_iterator_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None,)]


@wrap_dataset_variant_op.shape
@unwrap_dataset_variant_op.shape
@iterator_get_device_op.shape
@experimental_iterator_get_device_op.shape
@iterator_op.shape
@iterator_v2_op.shape
@anonymous_iterator_op.shape
@one_shot_iterator_op.shape
@iterator_from_string_handle_op.shape
@iterator_from_string_handle_v2_op.shape
@iterator_to_string_handle_op.shape
@iterator_get_next_as_optional_op.shape
@optional_none_op.shape
@optional_from_value_op.shape
@optional_has_value_op.shape
@dataset_cardinality_op.shape
@experimental_dataset_cardinality_op.shape
def scalar(ctx: ShapeContext) -> list[Dims]:
    return [()]


@iterator_get_next_op.shape
@iterator_get_next_sync_op.shape
@optional_get_value_op.shape
@dataset_to_single_element_op.shape
@reduce_dataset_op.shape
def declared_shapes(ctx: ShapeContext) -> list[Dims]:
    shapes, dtypes = ctx.attrs["output_shapes"], ctx.attrs["output_types"]
    if len(shapes) != len(dtypes):
        raise ValueError(
            f"`output_shapes` must be the same length as `output_types` ({len(shapes)} vs. "
            f"{len(dtypes)})."
        )
    return list(shapes)
