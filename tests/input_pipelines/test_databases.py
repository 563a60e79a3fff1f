"""LMDB databases: datasets and readers of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensormill.api as tf
from tensormill.formats import lmdb_files

lmdb = pytest.importorskip("lmdb")

ITEMS = [(b"a", b"one"), (b"b\0", b""), (b"c", b"\xff" * 5000)]


def _database(path: Path, items: list[tuple[bytes, bytes]], is_folder: bool = False) -> str:
    with (
        lmdb.open(str(path), subdir=is_folder, map_size=1 << 20) as environment,
        environment.begin(write=True) as transaction,
    ):
        for key, value in items:
            transaction.put(key, value)
    return str(path)


@pytest.mark.parametrize("is_folder", [False, True])
def test_keys_and_values_come_by_ascending_keys(tmp_path: Path, is_folder: bool) -> None:
    path = _database(tmp_path / "data.mdb", ITEMS[::-1], is_folder)
    element = tf.contrib.data.LMDBDataset([path, path]).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(6)] == ITEMS * 2
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_readers_read_databases_one_after_the_other(tmp_path: Path) -> None:
    paths = [
        _database(tmp_path / "1.mdb", ITEMS),
        _database(tmp_path / "2.mdb", []),
        _database(tmp_path / "3.mdb", [(b"z", b"last")]),
    ]
    names = tf.train.string_input_producer(paths, num_epochs=1, shuffle=False)
    reader = tf.LMDBReader()
    pair, produced = reader.read(names), reader.num_records_produced()
    several = reader.read_up_to(names, 2)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        assert tuple(session.run(pair)) == ITEMS[0]
        keys, values = session.run(several)
        assert list(zip(keys, values, strict=True)) == ITEMS[1:]
        assert tuple(session.run(pair)) == (b"z", b"last")
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(pair)
        assert session.run(produced) == 4
        coordinator.request_stop()
        coordinator.join(threads)


def test_what_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "no.mdb").write_bytes(b"nothing of the kind" * 1000)
    for name, error in (("no.mdb", tf.errors.DataLossError), ("gone", tf.errors.NotFoundError)):
        dataset = tf.contrib.data.LMDBDataset(str(tmp_path / name))
        element = dataset.make_one_shot_iterator().get_next()
        with tf.Session() as session, pytest.raises(error, match=name):
            session.run(element)


def test_who_has_no_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_files, "lmdb", None)
    dataset = tf.contrib.data.LMDBDataset(str(tmp_path))
    element = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session, pytest.raises(tf.errors.UnimplementedError, match="pip install"):
        session.run(element)
