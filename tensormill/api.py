"""The public API: every name of `tf.*`, grouped by where it comes from."""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any

import tensormill.runtime.openmp  # before torch is loaded
from tensorboard.compat.proto.config_pb2 import (
    ConfigProto,
    GPUOptions,
    GraphOptions,
    OptimizerOptions,
    RunMetadata,
    RunOptions,
)

# graph
from tensormill.graph import errors
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from tensormill.graph.dtypes import *
from tensormill.graph.graph import Graph, get_default_graph, reset_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import (
    Dimension,
    TensorShape,
    dimension_at_index,
    dimension_value,
)
from tensormill.graph.errors import OpError
from tensormill.graph.tensor import Tensor, is_tensor

# registries
from tensormill.kernels import families as _kernel_families
from tensormill.ops import families as _op_families

# ops.basics
from tensormill.ops.basics import no_op, placeholder

# ops: arithmetic, reductions, matrices
from tensormill.namespaces.top_level_math import *

# ops: arrays
from tensormill.ops.array_shapes import (
    broadcast_dynamic_shape,
    broadcast_static_shape,
    broadcast_to,
    ensure_shape,
    expand_dims,
    rank,
    reshape,
    shape,
    shape_n,
    size,
    squeeze,
)
from tensormill.ops.filling import fill, one_hot, ones, ones_like, zeros, zeros_like
from tensormill.ops.gathering import batch_gather, gather, gather_nd, where, where_v2
from tensormill.ops.grids import boolean_mask, meshgrid, sequence_mask
from tensormill.ops.identities import (
    guarantee_const,
    identity,
    identity_n,
    placeholder_with_default,
    stop_gradient,
)
from tensormill.ops.index_arithmetic import unravel_index
from tensormill.ops.indexing import newaxis
from tensormill.ops.joining import concat, parallel_stack, split, stack, tile, unstack
from tensormill.graph.sparse_tensor import (
    SparseTensor,
    SparseTensorValue,
    convert_to_tensor_or_sparse_tensor,
)
from tensormill.graph.tensor_specs import (
    IndexedSlicesSpec,
    SparseTensorSpec,
    TensorSpec,
    TypeSpec,
)
from tensormill.ops.padding import pad
from tensormill.ops.partitioning import dynamic_partition, dynamic_stitch
from tensormill.ops.scattering import (
    scatter_nd,
    tensor_scatter_add,
    tensor_scatter_max,
    tensor_scatter_min,
    tensor_scatter_sub,
    tensor_scatter_update,
)
from tensormill.ops.scattering import tensor_scatter_update as tensor_scatter_nd_update
from tensormill.ops.scattering import tensor_scatter_add as tensor_scatter_nd_add
from tensormill.ops.scattering import tensor_scatter_sub as tensor_scatter_nd_sub
from tensormill.ops.scattering import tensor_scatter_max as tensor_scatter_nd_max
from tensormill.ops.scattering import tensor_scatter_min as tensor_scatter_nd_min
from tensormill.graph.tensor_protos import make_ndarray, make_tensor_proto
from tensormill.graph.constant_value import constant_value as get_static_value
from tensormill.ops.fingerprints import fingerprint, timestamp
from tensormill.ops.image_patches import extract_image_patches
from tensormill.ops.volume_patches import extract_volume_patches
from tensormill.ops.quantization import (
    fake_quant_with_min_max_args,
    fake_quant_args_gradient_op as fake_quant_with_min_max_args_gradient,
    fake_quant_per_channel_gradient_op as fake_quant_with_min_max_vars_per_channel_gradient,
    fake_quant_vars_gradient_op as fake_quant_with_min_max_vars_gradient,
    fake_quant_with_min_max_vars,
    fake_quant_with_min_max_vars_per_channel,
    quantize_and_dequantize,
)
from tensormill.ops.quantized_ranges import (
    dequantize,
    quantize,
    quantize_v2,
    quantized_concat,
)
from tensormill.ops.scripts import numpy_function, py_func
from tensormill.ops.sparse_arrays import (
    sparse_concat,
    sparse_fill_empty_rows,
    sparse_merge,
    sparse_placeholder,
    sparse_reorder,
    sparse_retain,
    sparse_slice,
    sparse_split,
    sparse_tensor_to_dense,
    sparse_to_dense,
    sparse_to_indicator,
)
from tensormill.ops.sparse_shapes import sparse_reset_shape, sparse_reshape, sparse_transpose
from tensormill.ops.sparse_serialization import *
from tensormill.ops.sparse_math import (
    sparse_add,
    sparse_maximum,
    sparse_minimum,
    sparse_reduce_max,
    sparse_reduce_max_sparse,
    sparse_reduce_sum,
    sparse_reduce_sum_sparse,
    sparse_softmax,
    sparse_tensor_dense_matmul,
)
from tensormill.ops.repetition import repeat
from tensormill.ops.slicing import slice, strided_slice
from tensormill.ops.sorting import argsort, sort
from tensormill.ops.strings import (
    as_string,
    decode_base64,
    decode_raw,
    encode_base64,
    reduce_join,
    regex_replace,
    string_join,
    string_strip,
    string_to_hash_bucket,
    string_to_hash_bucket_fast,
    string_to_hash_bucket_strong,
    string_to_number,
    substr,
)
from tensormill.ops.transposition import (
    invert_permutation,
    matrix_transpose,
    reverse,
    reverse_sequence,
    roll,
    transpose,
)
from tensormill.ops.transposition import reverse as reverse_v2
from tensormill.ops.uniqueness import (
    edit_distance,
    searchsorted,
    setdiff1d,
    sparse_mask,
    unique,
    unique_with_counts,
)

# ops: files, readers, parsing
from tensormill.namespaces.inputs import *

# ops: state, random; variables
from tensormill.ops.random import (
    multinomial,
    random_crop,
    random_gamma,
    random_normal,
    random_poisson,
    random_shuffle,
    random_uniform,
    truncated_normal,
)
from tensormill.ops.random_seeds import get_seed, set_random_seed
from tensormill.variables.assignments import (
    assign,
    assign_add,
    assign_sub,
    batch_scatter_update,
    count_up_to,
    is_variable_initialized,
    scatter_add,
    scatter_div,
    scatter_max,
    scatter_min,
    scatter_mul,
    scatter_nd_add,
    scatter_nd_sub,
    scatter_nd_update,
    scatter_sub,
    scatter_update,
)
from tensormill.variables.creation import (
    Variable,
    disable_resource_variables,
    enable_resource_variables,
    resource_variables_enabled,
    variable_creator_scope,
)
from tensormill.variables.initialization import (
    all_variables,
    assert_variables_initialized,
    global_variables,
    global_variables_initializer,
    initialize_all_variables,
    initialize_local_variables,
    initialize_variables,
    local_variables,
    local_variables_initializer,
    model_variables,
    moving_average_variables,
    report_uninitialized_variables,
    trainable_variables,
    variables_initializer,
)
from tensormill.variables.initializers import Constant as constant_initializer
from tensormill.variables.initializers import GlorotNormal as glorot_normal_initializer
from tensormill.variables.initializers import GlorotUniform as glorot_uniform_initializer
from tensormill.variables.initializers import Ones as ones_initializer
from tensormill.variables.initializers import Orthogonal as orthogonal_initializer
from tensormill.variables.initializers import RandomNormal as random_normal_initializer
from tensormill.variables.initializers import RandomUniform as random_uniform_initializer
from tensormill.variables.initializers import TruncatedNormal as truncated_normal_initializer
from tensormill.variables.initializers import (
    UniformUnitScaling as uniform_unit_scaling_initializer,
)
from tensormill.variables.initializers import VarianceScaling as variance_scaling_initializer
from tensormill.variables.initializers import Zeros as zeros_initializer
from tensormill.variables.module import Module
from tensormill.variables.partitioners import (
    fixed_size_partitioner,
    min_max_variable_partitioner,
    variable_axis_size_partitioner,
)
from tensormill.variables.policies import VariableAggregation, VariableSynchronization
from tensormill.variables.local_variables import get_local_variable
from tensormill.variables.scope import (
    AUTO_REUSE,
    VariableScope,
    get_variable_scope,
    variable_op_scope,
    variable_scope,
)
from tensormill.variables.store import (
    create_partitioned_variables,
    get_variable,
    no_regularizer,
)
from tensormill.variables.template import make_template

# ops: nn, losses, layers
from tensormill.ops.assertions import (
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_near,
    assert_negative,
    assert_non_negative,
    assert_non_positive,
    assert_none_equal,
    assert_positive,
    assert_proper_iterable,
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
    assert_same_float_dtype,
    assert_scalar,
    assert_type,
    is_non_decreasing,
    is_numeric_tensor,
    is_strictly_increasing,
)
from tensormill.ops.check import (
    Assert,
    add_check_numerics_ops,
    check_numerics,
    verify_tensor_all_finite,
)
from tensormill.ops.printing import Print, print_v2 as print
from tensormill.ops.space_to_batch import (
    batch_to_space,
    batch_to_space_nd,
    depth_to_space,
    required_space_to_batch_paddings,
    space_to_batch,
    space_to_batch_nd,
    space_to_depth,
)
from tensormill.ops.tensor_contraction import tensordot
from tensormill.ops.confusion_matrix import confusion_matrix

# gradients, training
from tensormill.graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from tensormill.ops.clipping import (
    clip_by_average_norm,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from tensormill.ops.custom_gradients import custom_gradient, grad_pass_through, recompute_grad
from tensormill.ops.gradient_tape import GradientTape
from tensormill.ops.gradients import AggregationMethod, UnconnectedGradients, gradients
from tensormill.ops.hessians import hessians
from tensormill.ops.summation import accumulate_n, add_n

# ops: control flow
from tensormill.functional.batched_calls import batch_function as nondifferentiable_batch_function
from tensormill.functional.eager_calls import py_function
from tensormill.functional.fold import foldl, foldr
from tensormill.functional.map_fn import map_fn
from tensormill.functional.parallel_for import vectorized_map
from tensormill.functional.scan import scan
from tensormill.functional.traced import traced as function
from tensormill.ops.conditional import case, cond, switch_case
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

# ops: queues
from tensormill.ops.accumulator_classes import (
    ConditionalAccumulator,
    ConditionalAccumulatorBase,
    SparseConditionalAccumulator,
)
from tensormill.ops.critical_section import CriticalSection
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import (
    FIFOQueue,
    PaddingFIFOQueue,
    PriorityQueue,
    RandomShuffleQueue,
)

# graph scopes, GraphDef import
from tensormill.graph import nest
from tensormill.graph.default_scopes import (
    add_to_collection,
    add_to_collections,
    colocate_with,
    container,
    control_dependencies,
    device,
    get_all_collection_keys,
    get_collection,
    get_collection_ref,
    init_scope,
    name_scope,
    op_scope,
)
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.gradient_registry import NoGradient, NotDifferentiable, RegisterGradient
from tensormill.graph.gradient_registry import NoGradient as no_gradient
from tensormill.ops.grouping import group
from tensormill.ops.grouping import tuple_of as tuple

# messages
from tensormill.namespaces.messages import *

# platform
from tensormill.ops.fourier import fft, fft2d, fft3d, ifft, ifft2d, ifft3d
from tensormill.graph import tf_logging as logging
from tensormill.graph.tf_logging import get_logger
from tensormill.platform import versions as version
from tensormill.platform.versions import (
    COMPILER_VERSION,
    CXX11_ABI_FLAG,
    GIT_VERSION,
    GRAPH_DEF_VERSION,
    GRAPH_DEF_VERSION_MIN_CONSUMER,
    GRAPH_DEF_VERSION_MIN_PRODUCER,
    MONOLITHIC_BUILD,
    VERSION,
)
from tensormill.platform.behavior import (
    control_flow_v2_enabled,
    disable_control_flow_v2,
    disable_eager_execution,
    disable_tensor_equality,
    disable_v2_behavior,
    disable_v2_tensorshape,
    enable_control_flow_v2,
    enable_eager_execution,
    enable_tensor_equality,
    enable_v2_behavior,
    enable_v2_tensorshape,
    executing_eagerly,
    executing_eagerly_outside_functions,
)

# devices
from tensormill.graph.device_names import DeviceSpec

# session
from tensormill.ops.session_tensors import (
    delete_session_tensor,
    get_session_handle,
    get_session_tensor,
)

from tensormill.graph.dispatch import add_dispatch as _add_dispatch
from tensormill.namespaces.dispatched_names import TOP_LEVEL as _DISPATCHED
from tensormill.runtime.collector import exempt_imported_objects as _exempt_imported_objects
from tensormill.runtime.host_memory import keep_freed_memory as _keep_freed_memory

_add_dispatch(globals(), _DISPATCHED)
_keep_freed_memory()
_exempt_imported_objects()

_server_names = tensormill._SERVER_NAMES
del tensormill

_LATE_NAMESPACES = {
    "tensormill": """
        compat data distributions estimator feature_column io keras layers lookup losses metrics
        profiler saved_model summary train
    """,
    "tensormill.namespaces": """
        audio autograph bitwise config contrib debugging distribute dtypes graph_util image
        initializers linalg manip math nn python_io quantization queue ragged random raw_ops
        sets signal sparse spectral strings test user_ops xla
    """,
    "tensormill.platform": "app flags gfile resource_loader sysconfig",
}
_LATE_NAMES = {
    "tensormill.launching.local_cluster": "LocalCluster",
    "tensormill.lookup.initialization": "initialize_all_tables tables_initializer",
    "tensormill.ragged_tensors.specs": "RaggedTensorSpec",
    "tensormill.ragged_tensors.strings": "string_split",
    "tensormill.ragged_tensors.tensor": "RaggedTensor",
    "tensormill.session.cluster_trace": "cluster_trace",
    "tensormill.session.device_attributes": "list_devices",
    "tensormill.session.placement_table": "placement",
    "tensormill.session.session": "InteractiveSession Session get_default_session",
}
"""What is loaded when it is first touched: the namespaces, and what runs steps."""

_late_modules = {
    name: f"{package}.{name}"
    for package, names in _LATE_NAMESPACES.items()
    for name in names.split()
}
_late_names = {name: module for module, names in _LATE_NAMES.items() for name in names.split()}
_late_names |= _server_names


def __getattr__(name: str) -> _Any:
    if name in _late_modules:
        value = _import_module(_late_modules[name])
    elif name in _late_names:
        value = getattr(_import_module(_late_names[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


__all__ = sorted(
    {name for name in globals() if not name.startswith("_") and name != "annotations"}
    | _late_modules.keys()
    | _late_names.keys()
)
