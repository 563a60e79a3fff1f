"""`tf.contrib.framework`: argument scopes, variables by name, and the global step."""

from tensormill.functional.structured_scripts import py_func
from tensormill.graph.placeholders import get_placeholders
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.sparse_tensor import convert_to_tensor_or_sparse_tensor
from tensormill.graph.tensor import is_tensor
from tensormill.graph.tensor_specs import BoundedTensorSpec, TensorSpec
from tensormill.io.record_input import RecordInput
from tensormill.namespaces.contrib import nest
from tensormill.ops.assertions import assert_same_float_dtype, assert_scalar
from tensormill.ops.described_prints import print_op
from tensormill.ops.shape_checks import (
    assert_scalar_int,
    reduce_sum_n,
    remove_squeezable_dimensions,
    with_same_shape,
    with_shape,
)
from tensormill.ops.smart_cond import smart_case, smart_cond, smart_constant_value
from tensormill.ops.sorting import argsort, sort
from tensormill.ops.zero_initializers import zero_initializer
from tensormill.train.checkpoints.remapping import (
    load_and_remap_matrix,
    load_and_remap_matrix_initializer,
    load_embedding_initializer,
)
from tensormill.train.checkpoints.variable_assignment import (
    assign_from_checkpoint,
    assign_from_checkpoint_fn,
)
from tensormill.train.checkpoints.variable_loading import (
    init_from_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
)
from tensormill.train.device_setter import VariableDeviceChooser
from tensormill.train.global_step import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
from tensormill.variables.arg_scope import (
    add_arg_scope,
    arg_scope,
    arg_scope_func_key,
    arg_scoped_arguments,
    current_arg_scope,
    has_arg_scope,
)
from tensormill.variables.convolution_initializers import (
    ConvolutionDeltaOrthogonal as convolutional_delta_orthogonal,
)
from tensormill.variables.convolution_initializers import (
    ConvolutionOrthogonal1D as convolutional_orthogonal_1d,
)
from tensormill.variables.convolution_initializers import (
    ConvolutionOrthogonal2D as convolutional_orthogonal_2d,
)
from tensormill.variables.convolution_initializers import (
    ConvolutionOrthogonal3D as convolutional_orthogonal_3d,
)
from tensormill.variables.model_variables import (
    add_model_variable,
    assign_from_values,
    assign_from_values_fn,
    filter_variables,
    get_local_variables,
    get_model_variables,
    get_trainable_variables,
    get_unique_variable,
    get_variable_full_name,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    global_variable,
    local_variable,
    model_variable,
    variable,
)
