"""The commands in the docs run, and print what they say.

They stand in blocks marked `console`, after a `$`; what follows is what they print, with `...` for
anything.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n\$ (?P<command>.*)\n(?P<printed>(?:.*\n)*?)```$", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
COMMANDS = [
    pytest.param(match["command"], match["printed"], id=f"{page.name}: {match['command']}")
    for page in sorted((ROOT / "docs").glob("*.md"))
    for match in BLOCK.finditer(page.read_text())
]


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
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert doctest.OutputChecker().check_output(printed, done.stdout, OPTIONS), done.stdout
