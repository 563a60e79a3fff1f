"""Comments say why; what a file holds, its names say."""

import re
from pathlib import Path

import pytest

from tests.architecture.package_sources import PACKAGE, ROOT, python_files

BANNER = re.compile(r"^\s*# ?(-{2,}|={3,}|#{2,})", re.MULTILINE)


@pytest.mark.parametrize(
    "path",
    python_files(PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "examples"),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_file_has_no_banners(path: Path) -> None:
    assert BANNER.search(path.read_text()) is None
