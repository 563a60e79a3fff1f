"""The notebook of the chapter runs from top to bottom and shows what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensormill.launching.ports import free_ports

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "chapter12.ipynb"
PORTS = [str(port) for port in range(2221, 2226)]


def text_of(outputs: list[dict[str, Any]]) -> str:
    parts = [output.get("text") or output["data"]["text/plain"] for output in outputs]
    return "".join("".join(part) for part in parts)


def code_cells() -> list[dict[str, Any]]:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.timeout(300)
def test_the_notebook_shows_what_it_shows() -> None:
    chosen = [f"{old}={new}" for old, new in zip(PORTS, free_ports(len(PORTS)), strict=True)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.examples.notebook_cells", str(NOTEBOOK), *chosen],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TENSORMILL_EMULATED_GPUS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outputs = json.loads(done.stdout.splitlines()[-1])
    cells = code_cells()
    assert len(outputs) == len(cells)
    is_random = False
    for cell, shown in zip(cells, outputs, strict=True):
        code = "".join(cell["source"])
        if "tf.RandomShuffleQueue" in code:
            is_random = True
        if "tf.Session.reset" in code:
            is_random = False
        stored, again = text_of(cell["outputs"]), text_of(shown)
        if is_random:
            # The same numbers, in another order.
            assert len(again.split("\n")) == len(stored.split("\n")), code
        elif "placement" not in code:
            assert again == stored, code


def test_the_notebook_is_executed() -> None:
    cells = code_cells()
    assert all(cell["execution_count"] for cell in cells)
    shown = "".join(text_of(cell["outputs"]) for cell in cells)
    for expected in ("a: (VariableV2): /job:localhost/replica:0/task:0/device:CPU:0",
                     "mul: (Mul): /job:localhost/replica:0/task:0/device:GPU:0",
                     "InvalidArgumentError\n", "[[1. 2.]\n [3. 4.]]\n", "[7., 0.]"):  # fmt: skip
        assert expected in shown
    assert re.search(r"\[\[\[1\. 2\. 0\. 0\.\]", shown)
