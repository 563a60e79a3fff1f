"""Data sets of Examples as `tf.contrib.slim` reads them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tensormill as tf
from tensormill.slim.queues import NestedQueueRunnerError

slim = tf.contrib.slim


def example(label: int) -> bytes:
    file = io.BytesIO()
    pixels = np.full((4, 5, 3), label, np.uint8)
    Image.fromarray(pixels).save(file, "png")
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "image/encoded": bytes_feature(file.getvalue()),
                "image/format": bytes_feature(b"png"),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                **{
                    f"box/{side}": tf.train.Feature(
                        float_list=tf.train.FloatList(value=[0.1 * number, 0.2 * number])
                    )
                    for number, side in enumerate(("ymin", "xmin", "ymax", "xmax"), 1)
                },
            }
        )
    ).SerializeToString()


def bytes_feature(value: bytes) -> Any:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def decoder() -> Any:
    features = {
        "image/encoded": tf.FixedLenFeature((), tf.string, default_value=""),
        "image/format": tf.FixedLenFeature((), tf.string, default_value="png"),
        "label": tf.FixedLenFeature([1], tf.int64),
        **{
            f"box/{side}": tf.VarLenFeature(tf.float32) for side in ("ymin", "xmin", "ymax", "xmax")
        },
    }
    handlers = slim.tfexample_decoder
    return handlers.TFExampleDecoder(
        features,
        {
            "image": handlers.Image(shape=[4, 5, 3]),
            "label": handlers.Tensor("label", shape=[]),
            "boxes": handlers.BoundingBox(prefix="box/"),
            "doubled": handlers.ItemHandlerCallback("label", lambda found: found["label"] * 2),
        },
    )


def test_items_are_decoded() -> None:
    assert decoder().list_items() == ["image", "label", "boxes", "doubled"]
    image, boxes, doubled = decoder().decode(tf.constant(example(7)), ["image", "boxes", "doubled"])
    with tf.Session() as session:
        pixels, found, twice = session.run([image, boxes, doubled])
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.full((4, 5, 3), 7))
    np.testing.assert_allclose(found, [[0.1, 0.2, 0.3, 0.4], [0.2, 0.4, 0.6, 0.8]], rtol=1e-6)
    assert twice.tolist() == [14]


def test_sparse_items_and_items_in_the_place_of_empty_ones() -> None:
    handlers = slim.tfexample_decoder
    parsed = tf.train.Example(
        features=tf.train.Features(
            feature={
                "indices": tf.train.Feature(int64_list=tf.train.Int64List(value=[0, 3])),
                "values": tf.train.Feature(float_list=tf.train.FloatList(value=[5.0, 6.0])),
                "shape": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2])),
            }
        )
    )
    read = handlers.TFExampleDecoder(
        {
            "indices": tf.VarLenFeature(tf.int64),
            "values": tf.VarLenFeature(tf.float32),
            "none": tf.VarLenFeature(tf.float32),
            "shape": tf.VarLenFeature(tf.int64),
        },
        {
            "sparse": handlers.SparseTensor(shape=[5], densify=True),
            "backup": handlers.BackupHandler(handlers.Tensor("none"), handlers.Tensor("values")),
            "shaped": handlers.Tensor("values", shape_keys="shape"),
        },
    )
    with tf.Session() as session:
        sparse, backup, shaped = session.run(
            read.decode(tf.constant(parsed.SerializeToString()), ["sparse", "backup", "shaped"])
        )
    assert sparse.tolist() == [5.0, 0.0, 0.0, 6.0, 0.0]
    assert backup.tolist() == [5.0, 6.0]
    assert shaped.tolist() == [[5.0, 6.0]]
    with pytest.raises(ValueError, match="Cannot specify both"):
        handlers.Tensor("values", shape_keys="shape", shape=[1])


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_provider_reads_files_with_several_readers(tmp_path: Path, shuffle: bool) -> None:
    for number in range(2):
        with tf.python_io.TFRecordWriter(str(tmp_path / f"part{number}")) as writer:
            for label in range(10):
                writer.write(example(10 * number + label))
    dataset = slim.dataset.Dataset(
        data_sources=str(tmp_path / "part*"),
        reader=tf.TFRecordReader,
        decoder=decoder(),
        num_samples=20,
        items_to_descriptions={"label": "the class"},
        num_classes=20,
    )
    assert dataset.num_classes == 20
    provider = slim.dataset_data_provider.DatasetDataProvider(
        dataset, num_readers=2, shuffle=shuffle, common_queue_capacity=8, common_queue_min=2,
        num_epochs=1,
    )  # fmt: skip
    label, key = provider.get(["label", "record_key"])
    assert provider.num_samples() == 20
    with pytest.raises(ValueError, match="Item nothing is invalid"):
        provider.get(["nothing"])
    seen = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        with slim.queues.QueueRunners(session):
            with pytest.raises(NestedQueueRunnerError), slim.queues.QueueRunners(session):
                pass
            for _ in range(20):
                number, name = session.run([label, key])
                seen.append(number)
                assert b"part" in name
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(label)
    assert sorted(seen) == list(range(20))


def test_files_are_found_by_patterns(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b"):
        (tmp_path / name).write_text("")
    find = slim.parallel_reader.get_data_files
    assert sorted(find([str(tmp_path / "a*"), str(tmp_path / "b")])) == [
        str(tmp_path / name) for name in ("a1", "a2", "b")
    ]
    with pytest.raises(ValueError, match="No data files found"):
        find(str(tmp_path / "c*"))
