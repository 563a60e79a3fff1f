"""The commands in the README and the docs are there, and those in blocks print what they say.

In blocks marked `console` a command stands after a `$`; what follows is what it prints, with `...`
for anything. Other commands stand in the text, or in such a block without a `$`.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tensormill.cli.main import COMMANDS as SUBCOMMANDS
from tensormill.cli.main import build_parser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n\$ (?P<command>.*)\n(?P<printed>(?:.*\n)*?)```$", re.MULTILINE)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = r"((?:tensormill|make|python3? -m|pip) "
IN_TEXT = re.compile(rf"`{_PROGRAMS}[^`\n]+)`")
IN_CONSOLE = re.compile(rf"^(?:\$ )?{_PROGRAMS}[^#\n]+)", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
COMMANDS = [
    pytest.param(match["command"], match["printed"], id=f"{page.name}: {match['command']}")
    for page in PAGES
    for match in BLOCK.finditer(page.read_text())
]
# Targets do not make environments here, whatever state those are in.
MAKE = ["make", "-o", ".venv/.installed", "-o", ".oracle/.installed"]


def mentioned(page: str) -> set[str]:
    """Return the commands on a page."""
    consoles = "".join(CONSOLE.findall(page))
    return {
        command.strip()
        for command in [*IN_TEXT.findall(CODE.sub("", page)), *IN_CONSOLE.findall(consoles)]
    }


MENTIONED = sorted(set[str]().union(*(mentioned(page.read_text()) for page in PAGES)))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("command", MENTIONED)
def test_command_exists(command: str) -> None:
    program, *words = shlex.split(command)
    if program == "tensormill":
        names = {subcommand.name for subcommand in SUBCOMMANDS}
        assert words[0] in {*names, "--help"}
        if len(words) > 1:
            build_parser().parse_args(words)
    elif program == "make":
        done = subprocess.run(
            [*MAKE, "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    elif program == "pip":
        assert words == ["install", "."]
    else:
        assert importlib.util.find_spec(words[1]) is not None


def test_there_are_commands_to_try() -> None:
    assert {"make demo", "make test", "tensormill run -m package.module"} <= set(MENTIONED)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("command", "printed"), COMMANDS)
def test_command_runs_and_prints_what_it_says(command: str, printed: str) -> None:
    name, _, arguments = command.partition(" ")
    assert name == "tensormill"
    done = subprocess.run(
        f"{sys.executable} -m tensormill {arguments}",
        shell=True,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert doctest.OutputChecker().check_output(printed, done.stdout, OPTIONS), done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_trains_and_draws(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "tensormill"  # of the environment that runs the tests
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m tensormill "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [*MAKE, "demo", f"DEMO={tmp_path}", f"BIN={command.parent}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"accuracy on held-out digits: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found[1]) > 0.96
    for name in ("placement.svg", "timeline.svg", "timeline.json"):
        assert (tmp_path / name).stat().st_size > 1000
        assert name in done.stdout
