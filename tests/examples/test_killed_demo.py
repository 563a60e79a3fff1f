"""The demo with one of its processes killed at a random moment: it ends, and says what happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from tests.gates import wait_until
from tests.processes import is_running

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "digits" / "train.py"
MARK = "TENSORMILL_TEST_OF_KILLED_DEMO"
TIMES = 5
TASKS = {"worker": "worker:1", "ps": "ps:0", "chief": "worker:0"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


class Demo:
    """The demo, running; its processes are known by a variable of their environment."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self._mark = f"{MARK}={uuid.uuid4()}"
        name, _, value = self._mark.partition("=")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "tensormill", "launch", "--ps", "2", "--workers", "3",
                "--log-dir", str(self.logs), str(SCRIPT), f"--out_dir={folder}",
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        self.trains = threading.Event()
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.append(line)
                if "] step " in line:
                    self.trains.set()
        self.trains.set()

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return the exit code of the launcher and what it printed."""
        code = self.process.wait()
        self._reader.join()
        return code, "".join(self._lines)

    def running(self) -> dict[int, str]:
        """Return the processes that there are: their numbers and their tasks."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                variables = (path / "environ").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if self._mark not in variables or not is_running(int(path.name)):
                continue
            given = [v.partition("=")[2] for v in variables if v.startswith("TF_CONFIG=")]
            place = json.loads(given[0])["task"] if given else None
            found[int(path.name)] = f"{place['type']}:{place['index']}" if place else "launcher"
        return found

    def find(self, task: str) -> int:
        """Return the process of a task, once it runs."""
        found: list[int] = []

        def is_found() -> bool:
            found[:] = [pid for pid, name in self.running().items() if name == task]
            return bool(found) or self.process.poll() is not None

        wait_until(is_found)
        return found[0]


def wait_for_a_moment(demo: Demo, draw: random.Random) -> None:
    """Wait until some moment of the start or of the training."""
    if draw.random() < 0.5:
        demo.trains.wait()
    threading.Event().wait(draw.uniform(0.0, 3.0))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
@pytest.mark.parametrize("victim", ["launcher", *TASKS])
def test_it_ends_whole(tmp_path: Path, victim: str, number: signal.Signals) -> None:
    draw = random.Random()
    for turn in range(TIMES):
        demo = Demo(tmp_path / str(turn))
        try:
            wait_for_a_moment(demo, draw)
            pid = demo.process.pid if victim == "launcher" else demo.find(TASKS[victim])
            os.kill(pid, number)
            code, printed = demo.finish()
            wait_until(lambda demo=demo: not demo.running())
        finally:
            for pid in demo.running():
                os.kill(pid, signal.SIGKILL)
            demo.finish()
        if victim == "launcher":
            # Before it looks at signals, one ends it at once; a shell sees 143 then as well.
            assert code in ((143, -number) if number == signal.SIGTERM else (-number,)), printed
        else:
            assert code == 128 + number, printed
            assert f"{TASKS[victim]} failed with exit code {128 + number}" in printed
            log = demo.logs / f"{TASKS[victim].replace(':', '-')}.log"
            assert printed.rstrip().endswith(f"its log: {log}"), printed
            assert log.exists()
        assert "tensormill/" not in printed.replace(str(ROOT), ""), printed
