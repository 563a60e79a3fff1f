"""Variables that start with the rows or columns of a matrix for another vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.train.checkpoints.remapping import (
    load_and_remap_matrix,
    load_and_remap_matrix_initializer,
    load_embedding_initializer,
)
from tensormill.train.checkpoints.warm_starting import start_with_vocabulary, var_info

MATRIX = np.arange(16, dtype=np.float32).reshape(4, 4)


def _forty_two(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
    return tf.tile([[42.0]], shape)


@pytest.fixture
def saved(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "old").write_text("a\nb\nc\nd\n")
    (tmp_path / "new").write_text("d\nx\na\n")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("m", initializer=MATRIX)
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    return {"old": str(tmp_path / "old"), "new": str(tmp_path / "new"), "path": path}


def _value(made: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(made)


def test_rows_and_columns_are_put_in_the_new_order(saved: dict[str, str]) -> None:
    made = load_and_remap_matrix(
        saved["path"], "m", 0, 3, 3, _forty_two,
        old_row_vocab_file=saved["old"], new_row_vocab_file=saved["new"],
        old_col_vocab_file=saved["old"], new_col_vocab_file=saved["new"],
        num_row_oov_buckets=1, num_col_oov_buckets=1,
    )  # fmt: skip
    assert made.shape.as_list() == [4, 4]
    np.testing.assert_array_equal(
        _value(made), [[15, 42, 12, 42], [42] * 4, [3, 42, 0, 42], [42] * 4]
    )


@pytest.mark.parametrize("slices", [1, 2])
def test_an_initializer_fills_slices_of_rows(saved: dict[str, str], slices: int) -> None:
    initializer = load_embedding_initializer(
        saved["path"], "m", 3, 4, saved["old"], saved["new"], num_oov_buckets=1,
        initializer=_forty_two,
    )  # fmt: skip
    variable = tf.get_variable(
        "v", [4, 4], initializer=initializer, partitioner=tf.fixed_size_partitioner(slices)
    )
    expected = [MATRIX[3], [42] * 4, MATRIX[0], [42] * 4]
    np.testing.assert_array_equal(_value(tf.convert_to_tensor(variable)), expected)


def test_an_initializer_refuses_what_does_not_fit(saved: dict[str, str]) -> None:
    files = {"old_row_vocab_file": saved["old"], "new_row_vocab_file": saved["new"]}
    initializer = load_and_remap_matrix_initializer(saved["path"], "m", 3, 4, **files)
    for shape, message in (
        ([3], "Expected 2-dim shape"),
        ([0, 4], "1st dim of shape to be > 0"),
        ([3, 5], "Expected 2nd dim of shape"),
        ([4, 4], "would exceed expected total row count"),
    ):
        with pytest.raises(ValueError, match=message):
            initializer(shape)
    with pytest.raises(TypeError, match="only float32 is supported"):
        initializer([3, 4], dtype=tf.int32)
    with pytest.raises(TypeError, match="initializer must be callable"):
        load_and_remap_matrix_initializer(saved["path"], "m", 3, 4, **files, initializer=3)  # type: ignore[arg-type]
    for options, message in (
        ({}, "Must provide either row or column vocab files"),
        ({"old_row_vocab_file": "x"}, "must both be specified or left unspecified"),
        ({"num_row_oov_buckets": -1}, "num_row_oov_buckets must be >= 0"),
    ):
        with pytest.raises(ValueError, match=message):
            load_and_remap_matrix(saved["path"], "m", 0, 3, 4, _forty_two, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("slices", [None, 2])
def test_variables_start_in_the_order_of_their_vocabulary(
    saved: dict[str, str], use_resource: bool, slices: int | None
) -> None:
    partitioner = None if slices is None else tf.fixed_size_partitioner(slices)
    variable = tf.get_variable("m", [4, 4], use_resource=use_resource, partitioner=partitioner)
    info = tf.estimator.VocabInfo(saved["new"], 3, 1, saved["old"], backup_initializer=_forty_two)
    tf.train.warm_start(saved["path"], var_name_to_vocab_info={"m": info})
    expected = [MATRIX[3], [42] * 4, MATRIX[0], [42] * 4]
    np.testing.assert_array_equal(_value(tf.convert_to_tensor(variable)), expected)


def test_columns_may_be_for_words_too(saved: dict[str, str]) -> None:
    variable = tf.get_variable("other", [4, 3])
    info = tf.train.VocabInfo(saved["new"], 3, 0, saved["old"], axis=1)
    tf.train.warm_start(
        saved["path"],
        vars_to_warm_start=None,
        var_name_to_vocab_info={"other": info},
        var_name_to_prev_var_name={"other": "m"},
    )
    expected = np.stack([MATRIX[:, 3], np.zeros(4), MATRIX[:, 0]], 1)
    np.testing.assert_array_equal(_value(variable), expected)


def test_vocabularies_that_nothing_uses_are_refused(saved: dict[str, str]) -> None:
    variable = tf.get_variable("m", [4, 4])
    info = tf.train.VocabInfo(saved["new"], 3, 1, saved["old"])
    with pytest.raises(ValueError, match="var_name_to_vocab_info that were not used"):
        tf.train.warm_start(saved["path"], var_name_to_vocab_info={"n": info})
    with pytest.raises(ValueError, match="axis argument are 0 and 1"):
        tf.train.VocabInfo(saved["new"], 3, 1, saved["old"], axis=2)
    with pytest.raises(ValueError, match="Must provide all of"):
        start_with_vocabulary(variable, "", 3, saved["path"], saved["old"])
    with pytest.raises(TypeError, match="var MUST be one of"):
        start_with_vocabulary("m", saved["new"], 3, saved["path"], saved["old"])
    assert var_info(variable) == ("m", variable)
    assert var_info([variable], "n") == ("n", [variable])
