"""The package builds, and works where nothing else of the repository is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import pathlib, tensorflow as tf
print(pathlib.Path(tf.Graph.__module__.partition(".")[0]))
print(tf.Session().run(tf.constant(2.0) * 3.0))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*words: object, cwd: Path, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the repository has, without what was built in it."""
    folder = tmp_path_factory.mktemp("source")
    names = run("git", "ls-files", "-z", cwd=ROOT).rstrip("\0").split("\0")
    for name in names:
        to = folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    """The folder of a wheel and a source archive."""
    folder = tmp_path_factory.mktemp("built")
    build = "import sys; from setuptools import build_meta as b; b.build_{}(sys.argv[1])"
    for kind in ("wheel", "sdist"):
        run(sys.executable, "-c", build.format(kind), folder, cwd=source)
    return folder


def environment_in(folder: Path) -> Path:
    """Make an environment with the dependencies of this one; return its Python."""
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    (site,) = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).split()
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (Path(site) / "dependencies.pth").write_text("\n".join(ours))
    return python


def test_what_pip_installs_works_by_itself(tmp_path: Path, built: Path) -> None:
    python = environment_in(tmp_path / "venv")
    (wheel,) = built.glob("*.whl")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed", wheel,
        cwd=tmp_path)  # fmt: skip
    (tmp_path / "program.py").write_text(PROGRAM)
    command = tmp_path / "venv" / "bin" / "tensormill"
    assert run(command, "run", "program.py", cwd=tmp_path) == "tensormill\n6.0\n"
    where = run(python, "-c", "import tensormill; print(tensormill.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")
    assert "/device:CPU:0" in run(command, "devices", cwd=tmp_path)


def test_wheel_and_source_archive_hold_the_whole_package(source: Path, built: Path) -> None:
    (wheel,), (archive,) = built.glob("*.whl"), built.glob("*.tar.gz")
    package = {
        str(path.relative_to(source))
        for path in (source / "tensormill").rglob("*")
        if path.is_file() and path.suffix in (".py", ".pyi", ".proto", ".txt", ".typed")
    }
    with zipfile.ZipFile(wheel) as in_wheel, tarfile.open(archive) as in_archive:
        assert package <= set(in_wheel.namelist())
        assert package <= {name.partition("/")[2] for name in in_archive.getnames()}
