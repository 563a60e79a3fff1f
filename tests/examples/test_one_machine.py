"""The notebook "Multiple devices on a single machine", cell by cell as it is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.examples.notebook import Cell, Notebook

ROOT = Path(__file__).parents[2]


CELLS = [
    Cell(
        """
# Example code telling TensorFlow to grab only 40% of each GPU's memory
# so that multiple TensorFlow programs can run.

import tensormill as tf

config = tf.ConfigProto()
config.gpu_options.per_process_gpu_memory_fraction = 0.4
session = tf.Session(config=config)
session.close()
"""
    ),
    Cell(
        """
# Alternatively you can have TensorFlow only grab memory when it needs to.

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
session = tf.Session(config=config)
session.close()
"""
    ),
    Cell(
        """
with tf.device('/cpu:0'):
  a = tf.Variable(3.0, name='a')
  b = tf.constant(4.0, name='b')
c = a * b
"""
    ),
    Cell(
        """
from wurlitzer import pipes

tf.logging.set_verbosity(tf.logging.INFO)
sess = tf.Session(config=tf.ConfigProto(log_device_placement=True))
with pipes() as (out, err):
  print(sess.run(a.initializer))

print (out.read())
""",
        """\
None
a: (VariableV2): /job:localhost/replica:0/task:0/device:CPU:0
a/Assign: (Assign): /job:localhost/replica:0/task:0/device:CPU:0
a/read: (Identity): /job:localhost/replica:0/task:0/device:CPU:0
mul: (Mul): /job:localhost/replica:0/task:0/device:GPU:0
a/initial_value: (Const): /job:localhost/replica:0/task:0/device:CPU:0
b: (Const): /job:localhost/replica:0/task:0/device:CPU:0

""",
    ),
    Cell("sess.run(c)", "12.0\n"),
    Cell("sess.close()"),
    Cell(
        """
def variables_on_cpu(op):
  if op.type == 'Variable':
    return '/cpu:0'
  return '/gpu:0'

tf.reset_default_graph()

with tf.device(variables_on_cpu):
  a = tf.Variable(3.0)
  b = tf.constant(4.0)
  c = a * b

sess = tf.Session()
sess.run(a.initializer)
sess.run(c)
""",
        "12.0\n",
        raises_without_gpu="InvalidArgumentError",
    ),
    Cell("sess.close()"),
    Cell(
        """
tf.reset_default_graph()

with tf.device('/gpu:0'):
  i = tf.Variable(3)

try:
  sess = tf.Session()
  sess.run(i.initializer)
except Exception as ex:
  print(type(ex).__name__)
""",
        "InvalidArgumentError\n",
    ),
    Cell("sess.close()"),
    Cell(
        """
with tf.device('/gpu:0'):
  i = tf.Variable(3)

config = tf.ConfigProto()
config.allow_soft_placement = True
sess = tf.Session(config=config)
sess.run(i.initializer)
"""
    ),
    Cell("sess.close()"),
    Cell(
        """
tf.reset_default_graph()

a = tf.constant(1.0)
b = a + 2.0

with tf.control_dependencies([a, b]):
  x = tf.constant(3.0)
  y = tf.constant(4.0)

z = x + y
"""
    ),
]


@pytest.fixture
def two_emulated_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "2")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORMILL_EMULATED_GPUS", raising=False)
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")


def check_cells_that_need_a_gpu(notebook: Notebook) -> None:
    for cell in CELLS:
        assert notebook.run(cell.code) == cell.shown


@pytest.mark.usefixtures("two_emulated_gpus")
def test_the_notebook_shows_with_emulated_gpus_what_it_shows_with_real_ones() -> None:
    check_cells_that_need_a_gpu(Notebook())


@pytest.mark.gpu
@pytest.mark.usefixtures("cuda")
def test_the_notebook_shows_on_a_gpu_what_it_shows() -> None:
    check_cells_that_need_a_gpu(Notebook())


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_all_is_on_the_cpu_and_a_pin_to_a_gpu_fails() -> None:
    notebook = Notebook()
    for cell in CELLS:
        if cell.raises_without_gpu is not None:
            with pytest.raises(notebook.names["tf"].errors.InvalidArgumentError):
                notebook.run(cell.code)
        else:
            assert notebook.run(cell.code) == cell.shown.replace("GPU:0", "CPU:0")


def test_control_dependencies_are_kept() -> None:
    notebook = Notebook()
    notebook.run("import tensormill as tf")
    notebook.run(CELLS[-1].code)
    names = notebook.names
    assert names["z"].op.control_inputs == []
    for name in "xy":
        assert names[name].op.control_inputs == [names["a"].op, names["b"].op]
    with names["tf"].Session() as session:
        assert session.run(names["z"]) == np.float32(7.0)


@pytest.mark.parametrize("emulated", ["0", "2"])
def test_the_example_runs(emulated: str) -> None:
    environment = {**os.environ, "TENSORMILL_EMULATED_GPUS": emulated, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "one_machine.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    mul = "GPU:0" if emulated == "2" else "CPU:0"
    assert f"mul: (Mul): /job:localhost/replica:0/task:0/device:{mul}\n" in done.stdout
    assert "a * b = 12.0\n" in done.stdout
    assert "InvalidArgumentError: Cannot assign a device for operation Variable" in done.stdout
    assert "x + y = 7.0\n" in done.stdout
