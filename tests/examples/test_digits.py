"""The demo: handwritten digits, read through queues and trained on a cluster of processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tensormill.launching.cluster import LocalAddresses, flags_for
from tensormill.launching.job import TaskName

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "digits" / "train.py"
DATA = SCRIPT.parent / "data"


def accuracy_in(output: str) -> float:
    found = re.search(r"accuracy on held-out digits: ([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


def launch(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "tensormill", "launch", "--ps", "2", "--workers", "3",
            "--log-dir", str(out / "logs"), str(SCRIPT), f"--out_dir={out}", *words,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def test_the_data_are_whole() -> None:
    rows = [
        [int(cell) for cell in line.split(",")]
        for path in sorted(DATA.glob("*.csv"))
        for line in path.read_text().splitlines()
    ]
    assert len(rows) == 1797
    assert {len(row) for row in rows} == {65}
    assert all(0 <= pixel <= 16 for row in rows for pixel in row[:64])
    assert sorted(Counter(row[64] for row in rows)) == list(range(10))


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.timeout(300)
def test_a_short_run_learns_and_draws_its_pictures(tmp_path: Path) -> None:
    done = launch(tmp_path, "--steps=150")
    assert done.returncode == 0, done.stdout
    assert accuracy_in(done.stdout) > 0.8
    assert (tmp_path / "timeline.json").stat().st_size > 1000
    drawn = subprocess.run(
        [sys.executable, "-m", "tensormill", "draw", str(tmp_path / "run_metadata.pb")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.returncode == 0, drawn.stderr
    for device in ("/job:ps/task:0", "/job:ps/task:1", "/job:worker/task:0"):
        assert f"{device}/device:CPU:0" in drawn.stdout
    assert re.search(
        r"/job:ps/task:1/device:CPU:0 .* variables .*network/hidden/weights", drawn.stdout
    )
    assert re.search(r"-> /job:worker/task:0/device:CPU:0 .* KiB a step", drawn.stdout)
    for name in ("placement.svg", "timeline.svg"):
        ElementTree.parse(tmp_path / name)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_steps_reach_the_accuracy_that_is_promised(tmp_path: Path) -> None:
    done = launch(tmp_path)
    assert done.returncode == 0, done.stdout
    assert accuracy_in(done.stdout) > 0.96


@pytest.mark.oracle
@pytest.mark.timeout(600)
def test_real_tensorflow_runs_the_script_with_the_same_flags(tmp_path: Path) -> None:
    python = ROOT / ".oracle" / "bin" / "python"
    if not python.exists():
        pytest.skip("make oracle makes the environment with real TensorFlow")
    addresses = LocalAddresses.choose({"ps": 2, "worker": 3})
    chief = TaskName("worker", 0)
    processes = {}
    for task in addresses.tasks():
        flags = [f"--{name}={value}" for name, value in flags_for(addresses, task).items()]
        processes[task] = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("real_tensorflow.py")), str(SCRIPT),
             f"--out_dir={tmp_path}", *flags],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE if task == chief else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
    try:
        output, _ = processes[chief].communicate()
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert processes[chief].returncode == 0, output
    assert accuracy_in(output) > 0.96
