"""`tensormill run`: programs for TensorFlow 1, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

PACKAGE_PARENT = Path(__file__).parents[2]


def run(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), **variables}
    return subprocess.run(
        [sys.executable, "-m", "tensormill", "run", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a script, a module beside it and a package."""
    (tmp_path / "model.py").write_text(
        dedent(
            """
            import tensorflow as tf
            from tensorflow.python.ops import math_ops

            def double(x):
                return math_ops.multiply(x, 2.0)
            """
        )
    )
    (tmp_path / "train.py").write_text(
        dedent(
            """
            import sys
            import tensorflow as tf
            import tensorflow.compat.v1 as tf1
            import model

            tf.app.flags.DEFINE_float("rate", 1.0, "how fast")
            FLAGS = tf.app.flags.FLAGS

            def main(argv):
                assert tf is tf1 and tf.__version__.startswith("1.15")
                with tf.Session() as session:
                    print(session.run(model.double(tf.constant(FLAGS.rate))))
                print(argv[1:], __file__, sys.argv[0])
                return 3

            if __name__ == "__main__":
                tf.app.run()
            """
        )
    )
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text(
        "import sys\nfrom . import other\nprint(other.NAME, sys.argv[1:], __package__)\n"
    )
    (package / "other.py").write_text("import tensorflow as tf\nNAME = tf.constant(1.0).op.name\n")
    (package / "__main__.py").write_text("from pack import part\n")
    return tmp_path


def test_a_script_gets_its_arguments_and_gives_its_exit_code(program: Path) -> None:
    done = run("train.py", "--rate=4", "word", "--help-me", cwd=program)
    assert done.stdout.splitlines() == ["8.0", "['word', '--help-me'] train.py train.py"]
    assert done.returncode == 3, done.stderr


@pytest.mark.parametrize("module", ["pack.part", "pack"])
def test_a_module_runs_within_its_package(program: Path, module: str) -> None:
    done = run("-m", module, "-x", "--y", cwd=program)
    assert done.stdout == "Const ['-x', '--y'] pack\n", done.stderr
    assert done.returncode == 0


def test_an_error_shows_the_frames_of_the_program_alone(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text(
        "import tensorflow as tf\ndef wrong():\n    raise KeyError('here')\nwrong()\n"
    )
    done = run("fails.py", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].startswith('  File "fails.py", line 4, in <module>')
    assert lines[-1] == "KeyError: 'here'"
    assert "tensormill/cli" not in done.stderr
    assert done.returncode == 1


def test_a_missing_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("import tensorflow as tf\ntf.lite.TFLiteConverter\n")
    done = run("old.py", cwd=tmp_path)
    assert "AttributeError: module 'tensorflow' has no attribute 'lite'" in done.stderr
    assert "TensorFlow 1.15 has tf.lite, but tensormill lacks it" in done.stderr
    assert re.findall('File "([^"]*)"', done.stderr) == ["old.py"]
    assert done.returncode == 1


def test_processes_that_the_program_starts_find_tensormill_too(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys\n"
        "source = 'import tensorflow as tf; from tensorflow.python.framework import ops; '\\\n"
        "         'print(tf.__version__, ops.Graph is tf.Graph, tf.Graph.__module__)'\n"
        "sys.exit(subprocess.run([sys.executable, '-c', source]).returncode)\n"
    )
    done = run("parent.py", cwd=tmp_path)
    assert done.stdout == "1.15.0 True tensormill.graph.graph\n", done.stderr


def test_worker_processes_of_multiprocessing_find_the_program(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(
        "import multiprocessing\n"
        "import tensorflow as tf\n"
        "def work(n):\n"
        "    with tf.Session() as session:\n"
        "        return int(session.run(tf.constant(n) + 1))\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [1, 2]))\n"
    )
    done = run("pool.py", cwd=tmp_path)
    assert done.stdout == "[2, 3]\n", done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name a script"),
        (("nothing.py",), "can't open file 'nothing.py': No such file"),
        (("-m", "no_such_module"), "No module named 'no_such_module'"),
        (("-m", "no_such.module"), "No module named 'no_such.module'"),
    ],
)
def test_what_cannot_start_is_said_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.stderr.startswith("tensormill run: ")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_script_that_is_not_python_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    done = run("broken.py", cwd=tmp_path)
    assert 'File "broken.py", line 1' in done.stderr
    assert "SyntaxError" in done.stderr
    assert done.returncode == 1


def test_ctrl_c_ends_the_program(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(
        "import signal\nprint('waiting', flush=True)\nsignal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "tensormill", "run", "waits.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert "KeyboardInterrupt" in errors
    assert process.returncode == 130


def test_inner_modules_alone_bring_all_kernels(tmp_path: Path) -> None:
    (tmp_path / "reverse.py").write_text(
        dedent(
            """
            from tensorflow.python.client import session
            from tensorflow.python.ops import array_ops

            with session.Session() as sess:
                print(sess.run(array_ops.reverse_v2([1, 2], [0])))
            """
        )
    )
    done = run("reverse.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "[2 1]\n"), done.stderr
