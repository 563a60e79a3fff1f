"""Files stay short enough to be read whole."""

from pathlib import Path

import pytest

from tests.architecture.package_sources import PACKAGE, ROOT, python_files

MAXIMUM_LINES = 600


@pytest.mark.parametrize(
    "path",
    python_files(PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "examples"),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_file_is_short(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAXIMUM_LINES, f"{lines} lines: split it by concern"
