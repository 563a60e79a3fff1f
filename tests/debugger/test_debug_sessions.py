"""Sessions that show the tensors of their steps: in files, on the terminal, to hooks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.python import debug as tf_debug


def logarithms() -> tuple[Any, Any]:
    """Return a placeholder and a product of its logarithms."""
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.constant([[1.0], [2.0]], name="w")
    return x, tf.matmul(tf.log(x, name="log"), w, name="y")


def watched(folder: Path, fetches: Any, feed_dict: Any = None, **watch: Any) -> Any:
    """Run a step that shows its tensors, and return the dump and the values."""
    options = tf.RunOptions(output_partition_graphs=True)
    tf_debug.watch_graph(options, tf.get_default_graph(), debug_urls=f"file://{folder}", **watch)
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run(fetches, feed_dict, options, metadata)
    dump = tf_debug.DebugDumpDir(str(folder), metadata.partition_graphs)
    dump.set_python_graph(tf.get_default_graph())
    return dump, values


@pytest.mark.usefixtures("no_gpu")
def test_each_tensor_of_a_step_is_seen(tmp_path: Path) -> None:
    x, y = logarithms()
    dump, value = watched(tmp_path, tf.nn.relu(y + 1.0, name="h"), {x: [[1.0, 2.0]]})
    assert dump.core_metadata.output_names == ["h:0"]
    assert dump.core_metadata.input_names == ["x:0"]
    assert np.allclose(dump.get_tensors("log", 0, "DebugIdentity"), [[[0.0, np.log(2)]]])
    assert np.allclose(dump.get_tensors("h", 0, "DebugIdentity")[0], value)
    assert {"log:0", "y:0", "add:0", "h:0"} <= {d.tensor_name for d in dump.dumped_tensor_data}
    assert dump.node_inputs("y") == ["log", "w"]
    assert dump.node_recipients("log") == ["y"]
    assert set(dump.transitive_inputs("y")) == {"log", "w", "_arg_x_0_0"}
    assert dump.node_op_type("h") == "Relu"
    assert dump.devices() == ["/job:localhost/replica:0/task:0/device:CPU:0"]
    assert os.path.basename(dump.node_traceback("y")[-1][0]) == "test_debug_sessions.py"


def test_a_variable_is_seen_before_it_is_written_over(tmp_path: Path) -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    dump, _ = watched(tmp_path, v.assign_add([1.0, 1.0]).op)
    assert dump.get_tensors("v", 0, "DebugIdentity")[0].tolist() == [1.0, 2.0]


def test_each_turn_of_a_loop_is_seen(tmp_path: Path) -> None:
    _, total = tf.while_loop(
        lambda i, s: i < 3, lambda i, s: (i + 1, tf.multiply(s, 2.0, name="twice")), [0, 1.0]
    )
    dump, value = watched(tmp_path, total)
    assert value == 8.0
    assert dump.get_tensors("while/twice", 0, "DebugIdentity") == [2.0, 4.0, 8.0]


def test_only_the_branch_that_is_taken_is_seen(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.cond(
        x > 0, lambda: tf.add(x, 1.0, name="plus"), lambda: tf.subtract(x, 1.0, name="minus")
    )
    dump, value = watched(tmp_path, y, {x: 3.0})
    assert value == 4.0
    assert dump.debug_watch_keys("cond/plus") == ["cond/plus:0:DebugIdentity"]
    assert dump.debug_watch_keys("cond/minus") == []


def test_a_step_that_fails_has_shown_what_it_computed(tmp_path: Path) -> None:
    x, y = logarithms()
    checked = tf.check_numerics(y, "bad")
    options = tf.RunOptions()
    tf_debug.watch_graph(options, tf.get_default_graph(), debug_urls=[f"file://{tmp_path}"])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
        session.run(checked, {x: [[0.0, 1.0]]}, options)
    found = tf_debug.DebugDumpDir(str(tmp_path)).find(tf_debug.has_inf_or_nan)
    assert [datum.node_name for datum in found] == ["log", "y"]


def test_what_is_watched_is_chosen(tmp_path: Path) -> None:
    x, y = logarithms()
    dump, _ = watched(
        tmp_path,
        y,
        {x: [[0.0, 1.0]]},
        debug_ops=["DebugIdentity", "DebugNanCount", "DebugNumericSummary(lower_bound=-1)"],
        op_type_regex_whitelist="Log",
    )
    assert dump.size == 3
    assert dump.debug_watch_keys("log") == [
        f"log:0:{op}" for op in ("DebugIdentity", "DebugNanCount", "DebugNumericSummary")
    ]
    summary = dump.get_tensors("log", 0, "DebugNumericSummary")[0]
    assert summary[:8].tolist() == [1, 2, 0, 1, 0, 1, 0, 0]
    with pytest.raises(ValueError, match='Watch key "y:0:DebugIdentity" does not exist'):
        dump.get_tensors("y", 0, "DebugIdentity")


def test_what_is_not_watched_is_left_out(tmp_path: Path) -> None:
    x, y = logarithms()
    options = tf.RunOptions()
    tf_debug.watch_graph_with_blacklists(
        options,
        tf.get_default_graph(),
        debug_urls=f"file://{tmp_path}",
        node_name_regex_blacklist="log",
        tensor_dtype_regex_blacklist="int.*",
    )
    with tf.Session() as session:
        session.run(y, {x: [[1.0, 1.0]]}, options)
    seen = {d.node_name for d in tf_debug.DebugDumpDir(str(tmp_path)).dumped_tensor_data}
    assert "y" in seen
    assert "log" not in seen


@pytest.mark.parametrize(
    ("watch", "says"),
    [
        ({"debug_ops": ["DebugMagic"]}, "Unknown debug op 'DebugMagic'"),
        ({"debug_ops": ["DebugNanCount(x=1)"]}, "has no attribute 'x'"),
    ],
)
def test_debug_ops_that_are_not_known_are_named(
    tmp_path: Path, watch: dict[str, Any], says: str
) -> None:
    x, y = logarithms()
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        watched(tmp_path, y, {x: [[1.0, 1.0]]}, **watch)


def test_other_places_than_files_are_refused() -> None:
    x, y = logarithms()
    options = tf.RunOptions()
    tf_debug.add_debug_tensor_watch(options, "y", debug_urls="grpc://localhost:1")
    with tf.Session() as session, pytest.raises(tf.errors.UnimplementedError, match="file://"):
        session.run(y, {x: [[1.0, 1.0]]}, options)


@pytest.mark.oracle
def test_tensorflow_reads_what_a_step_has_shown(oracle: Any, tmp_path: Path) -> None:
    x, y = logarithms()
    text = tf.string_join([tf.as_string(x), tf.constant("!")], name="text")
    watched(tmp_path, [y, text], {x: [[0.0, 2.0]]})
    source = f"""
    from tensorflow.python.debug.lib import debug_data
    dump = debug_data.DebugDumpDir({str(tmp_path)!r}, validate=False)
    found = dump.find(debug_data.has_inf_or_nan)
    result = [
        [datum.watch_key for datum in found],
        [datum.get_tensor() for datum in dump.dumped_tensor_data if datum.node_name == "log"],
        [datum.get_tensor().tolist() for datum in dump.dumped_tensor_data
         if datum.node_name == "text"][0],
        list(dump.core_metadata.output_names),
    ]
    """
    keys, logs, texts, names = oracle.run(source)
    assert keys == ["log:0:DebugIdentity", "y:0:DebugIdentity"]
    assert np.allclose(logs, [[[-np.inf, np.log(2)]]])
    assert texts == [[b"0.000000!", b"2.000000!"]]
    assert names == ["y:0", "text:0"]


def test_a_server_shows_tensors_too(tmp_path: Path) -> None:
    x, y = logarithms()
    server = tf.train.Server.create_local_server()
    options = tf.RunOptions()
    tf_debug.watch_graph(options, tf.get_default_graph(), debug_urls=f"file://{tmp_path}")
    try:
        with tf.Session(server.target) as session:
            plain = session.run(y, {x: [[1.0, 2.0]]})
            assert session.run(y, {x: [[1.0, 2.0]]}, options) == plain
            assert session.run(y, {x: [[1.0, 2.0]]}) == plain
    finally:
        server.stop()
    dump = tf_debug.DebugDumpDir(str(tmp_path))
    assert np.allclose(dump.get_tensors("log", 0, "DebugIdentity")[0], [[0.0, np.log(2)]])


def test_each_step_is_written_into_a_folder_of_its_own(tmp_path: Path) -> None:
    x, y = logarithms()

    def watch(fetches: Any, feeds: Any) -> tf_debug.WatchOptions:
        return tf_debug.WatchOptions(node_name_regex_whitelist="log")

    with tf_debug.DumpingDebugWrapperSession(tf.Session(), str(tmp_path), watch) as session:
        assert tf.get_default_session() is session
        session.run(y, {x: [[1.0, 2.0]]})
        session.make_callable(y, [x])([[3.0, 4.0]])
        session.run([])
        session.close()
    folders = sorted(os.listdir(tmp_path))
    assert len(folders) == 2
    dumps = [tf_debug.DebugDumpDir(str(tmp_path / folder)) for folder in folders]
    assert [dump.size for dump in dumps] == [1, 1]
    assert "MatMul" not in dumps[0].run_fetches_info
    assert "x:0" in dumps[0].run_feed_keys_info
    assert np.allclose(dumps[1].dumped_tensor_data[0].get_tensor(), np.log([[3.0, 4.0]]))


def test_folders_that_are_not_empty_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with tf.Session() as session:
        with pytest.raises(ValueError, match="points to a non-empty directory"):
            tf_debug.DumpingDebugWrapperSession(session, str(tmp_path))
        with pytest.raises(ValueError, match="points to a file"):
            tf_debug.LocalCLIDebugWrapperSession(session, str(tmp_path / "file"))
        with pytest.raises(ValueError, match="Unsupported UI type: 'window'"):
            tf_debug.LocalCLIDebugWrapperSession(session, ui_type="window")
        with pytest.raises(TypeError, match="Expected a tf"):
            tf_debug.LocalCLIDebugWrapperSession(3)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what lets a user type lines; the end of the input follows them."""

    def give(*lines: str) -> None:
        left = iter(lines)

        def read(prompt: str = "") -> str:
            try:
                return next(left)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", read)

    return give


def test_a_user_runs_until_a_filter_passes_and_looks_around(
    answers: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x, y = logarithms()
    values = tmp_path / "values.npy"
    answers(
        "help", "pf x:0", "run -f has_inf_or_nan",
        "pt log:0[0, 1]", "pt y", "pt -s y:0", f"pt -w {values} log:0", "pt -r [-inf,0] log:0",
        "ni -a -d -t y", "li -r -c -t y", "lo log", 'ev "np.sum(`log:0`[0, 1:]) + 1"',
        "lt -s tensor_name -r -n lo.*", f"lt > {tmp_path / 'list.txt'}",
        "bogus", "pt nothing", "ni nothing", "lt -f nothing", "ev '__import__(\"os\")'", "lt -x",
        "run", "exit",
    )  # fmt: skip
    session = tf_debug.LocalCLIDebugWrapperSession(tf.Session(), ui_type="readline")
    session.add_tensor_filter("has_inf_or_nan", tf_debug.has_inf_or_nan)
    with session:
        assert session.run(y, {x: [[1.0, 1.0]]}) == [[0.0]]
        assert session.run(y, {x: [[0.0, 1.0]]}) == [[-np.inf]]
        with pytest.raises(SystemExit):
            session.run(y, {x: [[2.0, 1.0]]})
        session.close()
    printed = capsys.readouterr().out
    assert printed.count("--- run-start") == 1
    for text in (
        "run (r): go on", '"x:0 (feed)"', '2 dumped tensor(s) passing filter "has_inf_or_nan"',
        'Tensor "log:0:DebugIdentity[0,1]":', "-inf: 1 | total: 1", "Saved value to",
        "2 element(s) in ranges", "  Op: MatMul", "1 dumped tensor(s):", "test_debug_sessions.py",
        "|- (1) [Log] log", "|  |- (2) [_Arg] _arg_x_0_0", 'Recipients of node "log"', "array(1.,",
        "Wrote output to", 'Invalid command prefix "bogus"', 'Tensor "nothing" was not seen',
        'no node named "nothing"', 'no tensor filter named "nothing"', "__import__ is not known",
        "unrecognized arguments: -x",
    ):  # fmt: skip
        assert text in printed, text
    assert "__dbg_" not in printed
    assert np.load(values).tolist() == [[-np.inf, 0.0]]
    assert "dumped tensor(s)" in (tmp_path / "list.txt").read_text()


def test_a_user_passes_over_steps_and_takes_their_times(
    answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = logarithms()
    answers("run -t 3", "run -n", "run -p", "lp -n log")
    session = tf_debug.LocalCLIDebugWrapperSession(tf.Session())
    feed = {x: [[1.0, 1.0]]}
    for _ in range(4):
        session.run(y, feed)
    printed = capsys.readouterr().out
    assert "run-end: run #3" in printed
    assert printed.count("--- run") == 2
    with pytest.raises(SystemExit):
        session.run(y, feed)
    session.close()
    printed = capsys.readouterr().out
    assert "run-start: run #5" in printed
    assert "us  Log  log" in printed


def test_an_error_is_shown_and_returned(
    answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = logarithms()
    answers("run", "run")
    session = tf_debug.LocalCLIDebugWrapperSession(tf.Session())
    failed = session.run(tf.check_numerics(y, "bad"), {x: [[0.0, 1.0]]})
    session.close()
    assert isinstance(failed, tf.errors.InvalidArgumentError)
    assert "The step failed" in capsys.readouterr().out


def test_no_command_ends_the_program(
    answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = logarithms()
    answers(
        "run --node_name_filter (", "run -h", "run",
        "lt -h", 'lt -n "("', "pt log:0[9]", "pt -w /nowhere/x.npy log:0", "lt > /nowhere/x",
        "ev 1/0", "run",
    )  # fmt: skip
    session = tf_debug.LocalCLIDebugWrapperSession(tf.Session())
    assert session.run(y, {x: [[1.0, 1.0]]}) == [[0.0]]
    session.close()
    printed = capsys.readouterr().out
    assert printed.count("'(' is no regular expression") == 2
    assert printed.count("usage: ") == 2
    assert printed.count("ERROR: ") == 6
    assert "IndexError" in printed


def test_hooks_write_what_the_steps_of_a_monitored_session_show(tmp_path: Path) -> None:
    x, y = logarithms()
    tf.train.get_or_create_global_step()
    hook = tf_debug.DumpingDebugHook(str(tmp_path))
    with tf.train.MonitoredSession(hooks=[hook]) as session:
        for _ in range(2):
            session.run(y, {x: [[1.0, 2.0]]})
    dumps = [tf_debug.DebugDumpDir(str(tmp_path / name)) for name in os.listdir(tmp_path)]
    assert len(dumps) == 2
    assert all(dump.debug_watch_keys("log") for dump in dumps)


def test_a_hook_asks_the_user(
    answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = logarithms()
    tf.train.get_or_create_global_step()
    hook = tf_debug.LocalCLIDebugHook(ui_type="readline")
    hook.add_tensor_filter("mine", lambda datum, tensor: datum.node_name == "log")
    answers("run -f mine", "run -n")
    with tf.train.MonitoredSession(hooks=[hook]) as session:
        session.run(y, {x: [[1.0, 2.0]]})
    assert '1 dumped tensor(s) passing filter "mine"' in capsys.readouterr().out


@pytest.mark.parametrize("name", ["TensorBoardDebugWrapperSession", "GrpcDebugHook"])
def test_debuggers_elsewhere_are_refused_with_what_can_be_used(name: str) -> None:
    with pytest.raises(tf.errors.UnimplementedError, match="LocalCLIDebugWrapperSession"):
        getattr(tf_debug, name)(None, "localhost:6064")


def test_an_uninitialized_tensor_is_told_from_a_value() -> None:
    event = tf.Event()
    event.summary.value.add().tensor.dtype = tf.float32.as_datatype_enum
    given = tf_debug.load_tensor_from_event(event)
    assert not given.initialized
    assert str(given).startswith("Uninitialized tensor")
    assert not tf_debug.has_inf_or_nan(None, given)
