"""The public API: every name of `tf.*`, grouped by where it comes from."""

from __future__ import annotations

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
from tensormill.graph.shapes import Dimension, TensorShape
from tensormill.graph.tensor import Tensor

# registries
from tensormill.kernels import families as _kernel_families
from tensormill.ops import families as _op_families

# ops.basics
from tensormill.ops.basics import no_op, placeholder

# ops: arithmetic and reductions

# ops: arrays

# ops: state, random; variables

# ops: nn, losses, layers

# gradients, training
from tensormill.graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from tensormill.ops.gradients import AggregationMethod, UnconnectedGradients, gradients

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
    name_scope,
    op_scope,
)
from tensormill.graph.gradient_registry import NoGradient, NotDifferentiable, RegisterGradient
from tensormill.ops.grouping import group
from tensormill.ops.grouping import tuple_of as tuple

# devices, placement
from tensormill import train
from tensormill.namespaces import contrib, test
from tensormill.graph.device_names import DeviceSpec
from tensormill.session.device_attributes import list_devices
from tensormill.session.placement_table import placement

# session
from tensormill.session.session import InteractiveSession, Session, get_default_session

del tensormill

__all__ = sorted(name for name in globals() if not name.startswith("_") and name != "annotations")
