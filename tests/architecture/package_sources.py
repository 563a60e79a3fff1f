"""Finds the sources that the tests of the architecture read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tensormill"


def is_generated(path: Path) -> bool:
    return path.name.endswith(("_pb2.py", "_pb2_grpc.py")) or "generated" in path.parts


def python_files(*folders: Path) -> list[Path]:
    """Return the hand-written sources under `folders`, sorted."""
    found = [path for folder in folders for path in folder.rglob("*.py")]
    return sorted(path for path in found if not is_generated(path.relative_to(ROOT)))
