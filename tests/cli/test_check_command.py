"""`tensormill check`: what a program uses that is missing, without running it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tensormill.cli.main import main
from tensormill.tensorflow_modules.usage import missing_names


def found(source: str) -> list[tuple[int, str, bool]]:
    return [(each.line, each.name, each.is_known) for each in missing_names(dedent(source), "p.py")]


def test_names_are_followed_through_imports_and_assignments() -> None:
    assert found(
        """
        import tensorflow as tf
        import tensorflow.contrib.slim as slim
        from tensorflow.python.ops import array_ops as arrays, nothing_ops
        from tensorflow.contrib import layers
        from tensorflow.python.framework.ops import Graph, no_such_name
        nn = tf.nn
        nn.relu(nn.no_such_layer(tf.Session().graph.foo))
        arrays.repeat_with_axis
        slim.conv2d
        layers.fully_connected
        def inside():
            import tensorflow.compat.v1 as tf1
            return tf1.lite.TFLiteConverter
        """
    ) == [
        (4, "tensorflow.python.ops.nothing_ops", False),
        (6, "tensorflow.python.framework.ops.no_such_name", False),
        (8, "tf.nn.no_such_layer", False),
        (9, "tensorflow.python.ops.array_ops.repeat_with_axis", True),
        (14, "tf.lite", True),
    ]


def test_what_a_program_only_tries_is_left_out() -> None:
    assert not found(
        """
        import tensorflow as tf
        try:
            from tensorflow.python.ops import nothing_ops
        except ImportError:
            nothing_ops = None
        try:
            concat = tf.concat_v2
        except AttributeError:
            concat = tf.concat
        """
    )


def test_what_needs_eager_execution_is_named() -> None:
    source = """
        import tensorflow as tf
        import tensorflow.contrib.eager as tfe
        from tensorflow import enable_v2_behavior
        tf.compat.v1.enable_eager_execution()
        tfe.enable_eager_execution()
        print(tf.constant(1).numpy())
        """
    missing = missing_names(dedent(source), "p.py")
    assert [(each.line, each.name) for each in missing if each.needs_eager] == [
        (4, "tf.enable_v2_behavior"),
        (5, "tf.enable_eager_execution"),
        (6, "tf.contrib.eager.enable_eager_execution"),
        (7, ".numpy()"),
    ]
    assert not missing_names("import tensorflow as tf\ntf.zeros([2]).numpy()\n", "p.py")


def test_other_modules_and_relative_imports_are_not_looked_at() -> None:
    assert not found(
        """
        import tensorflow_datasets as tf
        from .tensorflow import nothing
        import tensorflow
        tf.nothing
        tensorflow.nn.relu
        """
    )


def test_parts_of_tensorflow_that_are_missing_as_a_whole_are_named_where_they_are_used() -> None:
    assert found("import tensorflow as tf\ntf.lite.TFLiteConverter.convert\n") == [
        (2, "tf.lite", True)
    ]


def test_the_command_prints_lines_and_gives_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, broken = (tmp_path / name for name in ("a.py", "b.py", "c.py"))
    good.write_text("import tensorflow as tf\ntf.concat\n")
    bad.write_text("import tensorflow as tf\n\ntf.lite\ntf.no_such_thing\n")
    eager = tmp_path / "eager.txt"
    eager.write_text("import tensorflow as tf\ntf.enable_eager_execution()\n")
    broken.write_text("def f(:\n")
    assert main(["check", str(eager)]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        f"{eager}:2: tf.enable_eager_execution needs eager execution: build a graph and run it "
        "with a session"
    )
    assert main(["check", str(good)]) == 0
    assert capsys.readouterr().out == "nothing is missing in 1 file\n"
    assert main(["check", str(good), str(bad)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{bad}:3: tf.lite is missing",
        f"{bad}:4: tf.no_such_thing is missing (TensorFlow 1.15 does not have it either)",
        "2 names are missing, used 2 times in 2 files",
    ]
    assert main(["check", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert "c.py: cannot be read: line 1: invalid syntax" in captured.err
    assert "2 names are missing" in captured.out
    assert main(["check", str(tmp_path / "none.py")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
