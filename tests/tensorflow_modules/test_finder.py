"""Modules of TensorFlow by their own names, below `tensormill`."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import tensormill as tf
from tensormill.tensorflow_modules import known_names, resolver
from tensormill.tensorflow_modules.table import MODULES

CORE = (
    "client.device_lib client.session client.timeline eager.context framework.common_shapes "
    "framework.constant_op framework.device framework.dtypes framework.errors "
    "framework.errors_impl framework.function framework.graph_util framework.importer "
    "framework.meta_graph framework.op_def_registry framework.ops framework.random_seed "
    "framework.tensor_shape framework.tensor_util framework.test_util lib.io.file_io ops.array_ops "
    "ops.check_ops ops.clip_ops ops.control_flow_ops ops.data_flow_ops ops.embedding_ops "
    "ops.gen_array_ops ops.gen_math_ops ops.gradient_checker ops.gradients_impl ops.init_ops "
    "ops.io_ops ops.linalg_ops ops.logging_ops ops.lookup_ops ops.math_ops ops.nn ops.nn_impl "
    "ops.nn_ops ops.parsing_ops ops.partitioned_variables ops.random_ops ops.rnn ops.rnn_cell "
    "ops.rnn_cell_impl ops.script_ops ops.sparse_ops ops.state_ops ops.string_ops "
    "ops.tensor_array_ops ops.variable_scope ops.variables platform.app platform.flags "
    "platform.gfile platform.googletest platform.resource_loader platform.test "
    "platform.tf_logging summary.summary training.adam training.optimizer training.saver "
    "training.slot_creator training.training util.compat util.deprecation util.nest "
    "util.tf_decorator util.tf_inspect"
).split()


@pytest.mark.parametrize("path", sorted(MODULES))
def test_every_row_of_the_table_leads_somewhere(path: str) -> None:
    sources = MODULES[path]
    for module in sources.modules:
        importlib.import_module(f"tensormill.{module}")
    for source in sources.aliases.values():
        module, _, name = source.rpartition(".")
        assert hasattr(importlib.import_module(module), name), source
    is_of_estimators = path.startswith("python.estimator.")  # the package tensorflow_estimator
    is_in_contrib = path.startswith("contrib.") and resolver.is_known_path(path)
    is_known = known_names.is_module(path) or is_of_estimators or is_in_contrib
    assert is_known, "TensorFlow 1.15 has no such module"


@pytest.mark.parametrize("path", CORE)
def test_the_modules_that_programs_import_are_there(path: str) -> None:
    module = importlib.import_module(f"tensormill.python.{path}")
    assert module is importlib.import_module(f"tensormill.python.{path}")


def test_names_are_those_of_the_public_api() -> None:
    from tensormill.python.framework import constant_op, dtypes, errors_impl, ops, tensor_shape
    from tensormill.python.ops import array_ops, math_ops, rnn_cell_impl, variable_scope
    from tensormill.python.training import adam, training

    assert ops.Graph is tf.Graph
    assert ops.convert_to_tensor is tf.convert_to_tensor
    assert dtypes.float32 is tf.float32
    assert constant_op.constant_v1 is tf.constant
    assert tensor_shape.TensorShape is tf.TensorShape
    assert errors_impl.InvalidArgumentError is tf.errors.InvalidArgumentError
    assert array_ops.concat is tf.concat
    assert math_ops.reduce_sum is tf.reduce_sum
    assert math_ops.range is tf.range
    assert variable_scope.get_variable is tf.get_variable
    assert rnn_cell_impl.LSTMStateTuple is tf.nn.rnn_cell.LSTMStateTuple
    assert adam.AdamOptimizer is training.AdamOptimizer is tf.train.AdamOptimizer


def test_raw_functions_take_the_arguments_of_tensorflow() -> None:
    from tensormill.python.ops import gen_array_ops, gen_math_ops, gen_nn_ops, math_ops

    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    total = gen_math_ops._sum(x, 0, True, name="total")
    product = gen_math_ops.mat_mul(x, x, False, True)
    parts = gen_array_ops.split(axis=1, value=x, num_split=2)
    normed = gen_nn_ops.fused_batch_norm(
        tf.ones([1, 2, 2, 1]), [1.0], [0.0], [], [], epsilon=1e-3, is_training=True
    )
    with tf.Session() as session:
        values = session.run([total, product, parts[1], normed.batch_mean])
    assert total.op.name == "total"
    np.testing.assert_array_equal(values[0], [[4.0, 6.0]])
    np.testing.assert_array_equal(values[1], [[5.0, 11.0], [11.0, 25.0]])
    np.testing.assert_array_equal(values[2], [[2.0], [4.0]])
    np.testing.assert_array_equal(values[3], [1.0])
    assert math_ops.mat_mul is gen_math_ops.mat_mul
    with pytest.raises(TypeError, match="multiple values for argument 'axis'"):
        gen_math_ops._sum(x, 0, axis=0)


def test_every_op_has_a_raw_function() -> None:
    from tensormill.graph.op_table import OP_DEFS
    from tensormill.python.ops import gen_state_ops
    from tensormill.tensorflow_modules import raw_functions

    names = {raw_functions.snake_case(op_type): op_type for op_type in OP_DEFS}
    assert len(names) == len(OP_DEFS)
    assert names["conv2d_backprop_input"] == "Conv2DBackpropInput"
    assert names["assign_variable_op"] == "AssignVariableOp"
    for name in names:
        assert raw_functions.find(name) is not None
    assert gen_state_ops.assign_add.__name__ == "assign_add"


def test_messages_are_those_of_tensorboard_and_our_own() -> None:
    from tensorboard.compat.proto import graph_pb2 as theirs

    from tensormill.core.framework import graph_pb2
    from tensormill.core.protobuf.config_pb2 import ConfigProto

    assert graph_pb2 is theirs
    assert graph_pb2.__spec__.name == "tensorboard.compat.proto.graph_pb2"
    assert ConfigProto is tf.ConfigProto


def test_contrib_is_found_by_module_and_by_attribute() -> None:
    import tensormill.contrib.slim as slim
    from tensormill.contrib.rnn.python.ops import core_rnn_cell

    assert slim.__name__.endswith("contrib.slim")
    assert core_rnn_cell.GRUCell is tf.contrib.rnn.GRUCell


def test_a_name_that_is_missing_is_told_from_a_mistake() -> None:
    from tensormill.python.ops import array_ops

    with pytest.raises(AttributeError) as info:
        _ = array_ops.repeat_with_axis
    assert "TensorFlow 1.15 has tensorflow.python.ops.array_ops.repeat_with_axis" in str(info.value)
    assert "tensormill lacks it" in str(info.value)
    with pytest.raises(AttributeError) as info:
        _ = array_ops.no_such_name
    assert "TensorFlow" not in str(info.value)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "from tensormill.python.ops.array_ops import repeat_with_axis",
            "TensorFlow 1.15 has tensorflow.python.ops.array_ops.repeat_with_axis",
        ),
        ("from tensormill import lite", "TensorFlow 1.15 has tf.lite"),
        (
            "from tensormill.contrib.bigtable.python.ops import bigtable_api",
            "lacks the modules of tf.contrib.bigtable",
        ),
        ("from tensormill.core.framework import nothing_pb2", "no messages nothing_pb2"),
        ("from tensormill.python.ops import no_such_ops", "cannot import name 'no_such_ops'"),
        ("import tensormill.python.no_such_package", "No module named"),
    ],
)
def test_an_import_that_fails_says_why(statement: str, says: str) -> None:
    with pytest.raises(ImportError) as info:
        exec(statement)
    assert says in str(info.value)


def test_all_names_of_a_module_may_be_imported() -> None:
    names: dict[str, object] = {}
    exec("from tensormill.python.ops.array_ops import *", names)
    assert names["concat"] is tf.concat
    assert "repeat_with_axis" not in names


def test_internal_functions_make_nodes_where_they_are_asked_to() -> None:
    from tensormill.python.ops import array_ops, metrics_impl

    x = tf.ones([2, 3])
    assert array_ops.shape_internal(x).op.type == "Const"
    for function, op_type, value in (
        (array_ops.shape_internal, "Shape", [2, 3]),
        (array_ops.size_internal, "Size", 6),
        (array_ops.rank_internal, "Rank", 2),
    ):
        made = function(x, optimize=False)
        assert made.op.type == op_type
        with tf.Session() as session:
            np.testing.assert_array_equal(session.run(made), value)
    with tf.Session() as session:
        assert session.run(metrics_impl._safe_scalar_div(1.0, 0.0, "quotient")) == 0.0
    counts, updates = metrics_impl._confusion_matrix_at_thresholds(
        tf.constant([1.0, 0.0]), tf.constant([0.9, 0.8]), [0.5], includes=("tp", "fp")
    )
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(updates)
        assert session.run(counts) == {"tp": [1.0], "fp": [1.0]}
