"""What `inspect_checkpoint` writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill as tf
from tensormill.train.checkpoints import inspection


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    tf.Variable(np.float32([[1, 2, 3]]), name="layer/kernel")
    tf.Variable(7, name="step")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return str(tf.train.Saver().save(session, str(tmp_path / "model.ckpt")))


def test_all_tensors_are_written(checkpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    inspection.print_tensors_in_checkpoint_file(checkpoint, "", True)
    assert capsys.readouterr().out == (
        "tensor_name:  layer/kernel\n[[1. 2. 3.]]\ntensor_name:  step\n7\n"
        "# Total number of params: 4\n"
    )


def test_the_command_line_writes_one_tensor_and_leaves_out_what_does_not_count(
    checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    inspection.main(
        [f"--file_name={checkpoint}", "--tensor_name=step", "--count_exclude_pattern=^layer"]
    )
    assert capsys.readouterr().out == (
        "tensor_name:  step\n7\n"
        "# Excluding 1 tensors (3 params) that match ^layer when counting.\n"
        "# Total number of params: 1\n"
    )


def test_without_a_name_there_are_names_and_shapes(
    checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    inspection.print_tensors_in_checkpoint_file(checkpoint, None, False)
    assert "layer/kernel (DT_FLOAT) [1,3]" in capsys.readouterr().out


def test_the_name_of_one_file_leads_to_the_name_of_all(
    checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    inspection.print_tensors_in_checkpoint_file(f"{checkpoint}.data-00000-of-00001", "", True)
    assert f"--file_name={checkpoint}\n" in capsys.readouterr().out
