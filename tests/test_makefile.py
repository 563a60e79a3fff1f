"""The Makefile: environments are of a Python that does, and made again after interruptions."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Does as Python does for the Makefile: makes environments, and installs unless it is to fail.
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip") [ "$3" = --version ] || [ ! -e fail ] ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def make(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *words], cwd=clone, env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python"])
def test_a_python_that_does_not_do_is_said_in_a_sentence(clone: Path, python: str) -> None:
    done = make(clone, "env", f"PYTHON={python}")
    assert done.returncode == 2
    assert f"tensormill needs Python 3.11 or newer, and {python} is not" in done.stderr
    assert not (clone / ".venv").exists()


def test_an_environment_that_was_interrupted_is_made_again(clone: Path) -> None:
    (clone / "fail").touch()
    assert make(clone, "env", "PYTHON=./python").returncode == 2
    half_copied = clone / ".venv" / "half_copied"
    half_copied.touch()
    (clone / "fail").unlink()
    assert make(clone, "env", "PYTHON=./python").returncode == 0
    assert (clone / ".venv" / "bin" / "python").exists()
    assert not half_copied.exists()
    assert make(clone, "-q", ".venv/.installed").returncode == 0
