"""`tf.gfile`, `tf.io.gfile` and graphs in files."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

import tensormill as tf


def test_files_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    with tf.gfile.GFile(path, "w") as file:
        file.write("one\n")
        file.write("two\n")
        assert file.size() == 8
    assert tf.gfile.Open(str(path)).read() == "one\ntwo\n"
    with tf.gfile.FastGFile(path, "rb") as file:
        assert file.readline() == b"one\n"
        assert file.tell() == 4
        file.seek(0)
        assert list(file) == [b"one\n", b"two\n"]
        assert (file.name, file.mode) == (str(path), "rb")
    with tf.gfile.GFile(path, "a") as file:
        file.write("three")
    assert tf.gfile.GFile(path).readlines() == ["one\n", "two\n", "three"]


def test_a_file_for_both_ways_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    with tf.gfile.GFile(path, "r+") as file:
        file.write("one\ntwo\n")
        assert file.readline() == "one\n"
        assert file.tell() == 4
    with tf.gfile.GFile(path, "a+") as file:
        file.write("three\n")
        assert file.read() == "one\ntwo\nthree\n"
    with tf.gfile.GFile(path, "wb+") as file:
        file.write(b"new")
        assert file.read() == b"new"
        assert file.size() == 3


def test_files_are_opened_for_what_they_are_used(tmp_path: Path) -> None:
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.gfile.GFile(tmp_path / "nope").read()
    with pytest.raises(tf.errors.PermissionDeniedError, match="isn't open for reading"):
        tf.gfile.GFile(tmp_path / "f", "w").read()
    with pytest.raises(tf.errors.PermissionDeniedError, match="isn't open for writing"):
        tf.gfile.GFile(tmp_path / "f", "r").write("x")
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.gfile.GFile(tmp_path / "f", "q")


def test_folders_are_made_listed_and_deleted(tmp_path: Path) -> None:
    deep = str(tmp_path / "a" / "b")
    assert not tf.gfile.Exists(deep)
    tf.gfile.MakeDirs(deep)
    tf.gfile.MakeDirs(deep)
    assert tf.gfile.IsDirectory(deep)
    with tf.gfile.GFile(f"{deep}/x.txt", "w") as file:
        file.write("x")
    assert tf.gfile.ListDirectory(deep) == ["x.txt"]
    assert tf.gfile.Glob(f"{deep}/*.txt") == [f"{deep}/x.txt"]
    assert tf.gfile.Stat(f"{deep}/x.txt").length == 1
    assert [names for _, _, names in tf.gfile.Walk(str(tmp_path))] == [[], [], ["x.txt"]]
    tf.gfile.DeleteRecursively(str(tmp_path / "a"))
    assert not tf.io.gfile.exists(deep)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.ListDirectory(deep)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.MkDir(deep)
    tf.gfile.MkDir(str(tmp_path / "c"))
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.MkDir(str(tmp_path / "c"))


def test_files_are_copied_moved_and_removed(tmp_path: Path) -> None:
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    Path(a).write_text("1")
    tf.gfile.Copy(a, b)
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Copy(a, b)
    Path(a).write_text("2")
    tf.gfile.Copy(a, b, overwrite=True)
    assert Path(b).read_text() == "2"
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Rename(a, b)
    tf.gfile.Rename(a, b, overwrite=True)
    assert not tf.gfile.Exists(a)
    tf.gfile.Remove(b)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.Remove(b)


def test_a_graph_is_written_as_text_and_as_bytes(tmp_path: Path) -> None:
    tf.constant([1.0, 2.0], name="c")
    expected = tf.get_default_graph().as_graph_def()
    path = tf.train.write_graph(tf.get_default_graph(), str(tmp_path / "new"), "g.pbtxt")
    assert path == str(tmp_path / "new" / "g.pbtxt")
    assert text_format.Parse(Path(path).read_text(), tf.GraphDef()) == expected
    path = tf.io.write_graph(expected, tmp_path, "g.pb", as_text=False)
    assert tf.GraphDef.FromString(Path(path).read_bytes()) == expected
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.pb", "new"]


def test_a_position_may_be_given_under_its_old_name(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("abcdef")
    with tf.gfile.Open(str(path)) as file:
        file.seek(position=2)
        assert file.read(1) == "c"
        file.seek(offset=-1, whence=2)
        assert file.read() == "f"
        file.seek(2)
        file.seek(1, whence=1)
        assert file.read() == "def"
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid whence argument: 3"):
            file.seek(0, whence=3)
        with pytest.raises(TypeError, match="and not both"):
            file.seek()
        with pytest.raises(TypeError, match="and not both"):
            file.seek(1, position=1)
