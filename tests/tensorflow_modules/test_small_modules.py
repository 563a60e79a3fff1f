"""Modules of TensorFlow that hold one small thing each."""

import glob
import importlib
from pathlib import Path

import pytest

import tensormill as tf
from tensormill.saved_model import utils
from tensormill.tensorflow_modules import file_functions, graph_functions, summary_logging
from tensormill.tensorflow_modules.registry import Registry
from tensormill.tensorflow_modules.traceable_stack import TraceableObject, TraceableStack
from tensormill.unittesting.checkpointed_table import CheckpointedOp


class _Kind:
    pass


def test_a_registry_takes_each_name_once() -> None:
    registry = Registry("kinds")
    registry.register(_Kind)
    registry.register(_Kind, "other")
    assert registry.lookup("_Kind") is registry.lookup(b"other") is _Kind
    assert registry.list() == ["_Kind", "other"]
    with pytest.raises(KeyError, match=r"Registering two kinds with name '_Kind'.*test_small"):
        registry.register(_Kind)
    with pytest.raises(LookupError, match="kinds registry has no entry for: nothing"):
        registry.lookup("nothing")


def test_a_traceable_stack_knows_who_pushed() -> None:
    stack = TraceableStack()
    assert stack.push_obj("a") == TraceableObject.SUCCESS
    stack.push_obj("b", offset=10_000)
    assert stack.peek_objs() == ["b", "a"]
    assert stack.peek_traceable_objs()[1].filename == __file__
    assert stack.copy().pop_obj() == "b"
    assert len(stack) == 2


def test_messages_go_into_event_files(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="set_summary_writer"):
        summary_logging.error("lost")
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        summary_logging.set_summary_writer(writer)
        summary_logging.error("%s and %d", "text", 3)
        summary_logging.info("too low")
        summary_logging.set_summary_writer(None)
        summary_logging._clear_summary_writer()
    (path,) = glob.glob(f"{tmp_path}/*")
    notes = [event.log_message.message for event in tf.train.summary_iterator(path)]
    assert [note for note in notes if note] == ["text and 3"]
    with pytest.raises(ValueError, match="not a valid"):
        summary_logging.set_verbosity("LOUD")


def test_a_table_takes_part_in_checkpoints(tmp_path: Path) -> None:
    path = str(tmp_path / "model")
    table = CheckpointedOp("table")
    with tf.Session() as session:
        session.run(table.insert("key", 30.0))
        tf.train.Saver({"table": table.saveable}).save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        table = CheckpointedOp("table")
        tf.train.Saver().restore(session, path)
        assert session.run([table.keys(), table.values()]) == [[b"key"], [30.0]]
        assert session.run(table.lookup("none", -1.0)) == -1.0


def test_files_are_compared_and_summed(tmp_path: Path) -> None:
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    file_functions.write_string_to_file(first, "123456789")
    file_functions.write_string_to_file(second, "123456780")
    assert file_functions.filecmp(first, first)
    assert not file_functions.filecmp(first, second)
    assert file_functions.file_crc32(first, block_size=4) == "0xcbf43926"


def test_a_graph_becomes_a_function() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, name="x")
        y = x * 2.0
    made = graph_functions.graph_to_function_def(graph, graph.get_operations(), [x], [y], ["y"])
    assert [arg.name for arg in made.signature.input_arg] == ["x"]
    assert [arg.name for arg in made.signature.output_arg] == ["y"]
    assert sorted(node.op for node in made.node_def) == ["Const", "Mul"]


def test_folders_of_exported_models(tmp_path: Path) -> None:
    assert utils.get_variables_path("m") == "m/variables/variables"
    assert utils.get_assets_dir("m") == "m/assets"
    assert Path(utils.get_or_create_variables_dir(str(tmp_path))).is_dir()
    assert Path(utils.get_or_create_assets_dir(str(tmp_path))).is_dir()


def test_messages_are_found_in_the_modules_that_tensorflow_has_them_in() -> None:
    from_features = importlib.import_module("tensormill.core.example.feature_pb2")
    from_examples = importlib.import_module("tensormill.core.example.example_pb2")
    features = from_features.Features(
        feature={"a": from_features.Feature(int64_list=from_features.Int64List(value=[3]))}
    )
    example = from_examples.Example(features=features)
    assert tf.train.Example.FromString(example.SerializeToString()) == example
    state = importlib.import_module("tensormill.core.framework.reader_base_pb2")
    assert state.ReaderBaseState(work_started=1).work_started == 1


def test_the_modules_of_experimental_datasets_have_the_public_functions() -> None:
    for module, name in [
        ("readers", "CsvDataset"),
        ("readers", "make_csv_dataset_v2"),
        ("interleave_ops", "sample_from_datasets"),
        ("counter", "Counter"),
        ("random_ops", "RandomDataset"),
    ]:
        found = importlib.import_module(f"tensormill.python.data.experimental.ops.{module}")
        public = getattr(tf.data.experimental, name.removesuffix("_v2"))
        assert getattr(found, name) is public


def test_the_ways_to_reduce_losses_of_keras_are_found_where_its_tests_look() -> None:
    for path in ("keras.utils.losses_utils", "ops.losses.loss_reduction"):
        found = importlib.import_module(f"tensormill.python.{path}").ReductionV2
        assert found.SUM_OVER_BATCH_SIZE == "sum_over_batch_size"
        assert found is tf.keras.losses.Reduction


def test_an_operation_that_parses_is_described() -> None:
    from tensormill.python.util.example_parser_configuration import (
        extract_example_parser_configuration,
    )

    serialized = tf.placeholder(tf.string, [1])
    parsed = tf.parse_example(
        serialized,
        {
            "dense": tf.FixedLenFeature([2], tf.float32, default_value=[1.0, 2.0]),
            "sparse": tf.VarLenFeature(tf.int64),
        },
    )
    with tf.Session() as session:
        config = extract_example_parser_configuration(parsed["dense"].op, session)
    dense = config.feature_map["dense"].fixed_len_feature
    assert dense.values_output_tensor_name == parsed["dense"].name
    assert list(tf.make_ndarray(dense.default_value)) == [1.0, 2.0]
    sparse = config.feature_map["sparse"].var_len_feature
    assert sparse.dtype == tf.int64.as_datatype_enum
    assert sparse.indices_output_tensor_name == parsed["sparse"].indices.name
    assert sparse.shapes_output_tensor_name == parsed["sparse"].dense_shape.name


def test_the_gradients_of_a_function_are_called() -> None:
    from tensormill.python.framework import function
    from tensormill.python.ops import functional_ops

    @function.Defun(tf.float32, tf.float32)
    def product(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return x * y

    with tf.Session() as session:
        assert session.run(functional_ops.Gradient([3.0, 4.0, 1.0], product)) == [4.0, 3.0]


def test_versions_are_told_by_the_module_itself() -> None:
    assert tf.__git_version__ == f"tensormill {tf.__version__}"
    assert tf.__compiler_version__


def test_keras_is_in_contrib_too() -> None:
    assert tf.contrib.keras.utils.get_file is tf.keras.utils.get_file
    assert tf.contrib.keras.layers is tf.keras.layers
    assert tf.contrib.eager.enable_eager_execution is tf.enable_eager_execution
