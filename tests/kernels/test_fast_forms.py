"""Forms of kernels that only large or odd inputs take give what the plain ones give."""

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.kernels.image_boxes import _overlaps
from tensormill.kernels.partitioning import (
    dynamic_partition,
    dynamic_partition_on_host,
    dynamic_stitch,
    dynamic_stitch_on_host,
)
from tensormill.kernels.row_bags import sum_bags
from tensormill.kernels.segments import sum_rows
from tensormill.kernels.top_k import _largest, _largest_by_keys
from tensormill.kernels.word_choice import chosen_words, is_irregular


def values_of(*fetches):
    with tf.Session() as session:
        return session.run(list(fetches))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("chance", [0.5, 0.001])
def test_large_conditions_choose(dtype, chance) -> None:
    random = np.random.default_rng(0)
    condition = random.random((200, 200)) < chance
    a, b = ((random.normal(size=(200, 200)) * 1e6).astype(dtype) for _ in range(2))
    chosen = values_of(tf.where(condition, a, b), tf.where_v2(condition, a, b))
    for found in chosen:
        np.testing.assert_array_equal(found, np.where(condition, a, b))


def test_numbers_that_are_none_are_chosen_by_their_bits() -> None:
    condition = torch.arange(20_000) % 3 == 0
    nothing = torch.full([20_000], float("nan"))
    assert is_irregular(condition)
    found = chosen_words(condition, nothing, torch.zeros(20_000))
    assert torch.equal(found.isnan(), condition)


def test_a_condition_of_long_runs_is_regular() -> None:
    assert not is_irregular(torch.arange(20_000) > 1_000)
    assert not is_irregular(torch.arange(100) % 2 == 0)


@pytest.mark.parametrize("largest", [_largest, _largest_by_keys])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int32])
@pytest.mark.parametrize("k", [0, 1, 3, 17, 20])
def test_equal_entries_come_by_rising_index(largest, dtype, k) -> None:
    random = np.random.default_rng(k)
    numbers = random.integers(-3, 4, (5, 20)) * random.choice([0.0, -0.0, 1.0], (5, 20))
    values = torch.from_numpy(numbers).to(dtype)
    ordered, index = torch.sort(values, dim=-1, descending=True, stable=True)
    found, places = largest(values, k)
    assert torch.equal(found, ordered[:, :k])
    assert torch.equal(places, index[:, :k])


def test_entries_that_are_no_numbers_are_the_largest() -> None:
    values = torch.tensor([[1.0, float("nan"), float("inf"), -1.0]])
    found, index = _largest_by_keys(values, 4)
    assert index.tolist() == [[1, 2, 0, 3]]
    assert found[0, 0].isnan()


@pytest.mark.parametrize("axes", [(0, 2), (2, 0), (1, 3), (0, 1, 3), (0, 3), (0, 2, 4)])
@pytest.mark.parametrize("keep", [False, True])
def test_axes_that_lie_apart_are_reduced(axes, keep) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6))
    names = ["reduce_sum", "reduce_mean", "reduce_max", "reduce_min"]
    found = values_of(*[getattr(tf, name)(x, axes, keepdims=keep) for name in names])
    for value, function in zip(found, (np.sum, np.mean, np.max, np.min), strict=True):
        np.testing.assert_allclose(value, function(x, axis=axes, keepdims=keep), rtol=1e-12)


def test_a_power_by_a_number_is_that_by_an_array() -> None:
    x = np.float32([0.0, 0.25, 1.0, 2.0, -3.0])
    exponents = [0.0, 0.5, 1.0, 2.0, 3.0, -1.0]
    by_number = values_of(*[tf.pow(x, np.float32(each)) for each in exponents])
    by_array = values_of(*[tf.pow(x, np.full(5, each, np.float32)) for each in exponents])
    for a, b in zip(by_number, by_array, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_parts_and_stitches_are_the_same_in_either_form(seed) -> None:
    random = np.random.default_rng(seed)
    data = torch.from_numpy(random.normal(size=(6, 2)))
    partitions = random.integers(0, 3, 6)
    for a, b in zip(
        dynamic_partition(data, torch.from_numpy(partitions), num_partitions=4),
        dynamic_partition_on_host(data, partitions, num_partitions=4),
        strict=True,
    ):
        assert torch.equal(a, b)
    sizes = random.integers(0, 6, 3)
    indices = [torch.from_numpy(random.integers(0, 9, size)) for size in sizes]
    rows = [torch.from_numpy(random.normal(size=(size, 2))) for size in sizes]
    assert torch.equal(dynamic_stitch(indices, rows), dynamic_stitch_on_host(indices, rows))


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0,)])
def test_bags_of_rows_are_summed(shape) -> None:
    random = np.random.default_rng(0)
    table = torch.from_numpy(random.normal(size=(7, *shape)).astype(np.float32))
    places = torch.from_numpy(random.integers(0, 7, 10))
    ids = np.sort(random.integers(1, 5, 10)).astype(np.int32)
    sums = sum_rows(table[places], torch.from_numpy(ids).long(), 6)
    torch.testing.assert_close(sum_bags(table, places, ids, 6), sums)
    assert sum_bags(table, places[:0], ids[:0], 2).shape == (2, *shape)


def test_close_and_distant_numbers_are_unique_in_the_order_in_which_they_come() -> None:
    random = np.random.default_rng(0)
    for numbers in (random.integers(-5, 9, 50), random.integers(-(2**60), 2**60, 5).repeat(3)):
        values, index, counts = values_of(*tf.unique_with_counts(numbers))
        assert values.tolist() == list(dict.fromkeys(numbers.tolist()))
        np.testing.assert_array_equal(values[index], numbers)
        assert counts.sum() == numbers.size


def test_windows_of_depth_are_summed_in_deep_images_too() -> None:
    x = np.random.default_rng(0).normal(size=(1, 1, 2, 600)).astype(np.float32)
    for beta in (0.5, 0.75):
        deep, front = (tf.nn.lrn(part, 3, 1.5, 0.2, beta) for part in (x, x[..., :500]))
        found, expected = values_of(deep, front)
        np.testing.assert_allclose(found[..., :497], expected[..., :497], rtol=1e-5)


@pytest.mark.parametrize("width", [3, 64])
def test_rows_of_segments_in_any_order_are_summed(width) -> None:
    random = np.random.default_rng(width)
    rows = random.normal(size=(30, width)).astype(np.float32)
    ids = random.integers(-1, 5, 30)
    expected = np.zeros((6, width), np.float32)
    np.add.at(expected, ids[ids >= 0], rows[ids >= 0])
    (found,) = values_of(tf.unsorted_segment_sum(rows, ids, 6))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
def test_boxes_are_suppressed_one_after_the_other(threshold) -> None:
    random = np.random.default_rng(0)
    corners = np.sort(random.random((200, 2, 2)), axis=1).reshape(200, 4).astype(np.float32)
    scores = random.random(200).astype(np.float32)
    kept: list[int] = []
    for box in np.argsort(-scores):
        if len(kept) < 90 and not (_overlaps(corners[box], corners[kept]) > threshold).any():
            kept.append(int(box))
    (found,) = values_of(tf.image.non_max_suppression(corners, scores, 90, threshold))
    assert found.tolist() == kept


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("batch", [0, 3])
def test_images_are_resized_channel_by_channel(channels, batch) -> None:
    random = np.random.default_rng(channels)
    image = tf.constant(random.normal(size=(batch, 5, 7, channels)).astype(np.float32))
    wholes = [
        tf.image.resize_bilinear(image, [9, 11]),
        tf.image.resize_bicubic(image, [4, 13]),
        tf.image.resize_area(image, [3, 4]),
    ]
    gradients = [tf.gradients(tf.square(whole), image)[0] for whole in wholes[:2]]
    alone = [
        tf.concat(parts, 3)
        for parts in zip(*(
            [
                tf.image.resize_bilinear(channel, [9, 11]),
                tf.image.resize_bicubic(channel, [4, 13]),
                tf.image.resize_area(channel, [3, 4]),
            ]
            for channel in tf.split(image, channels, 3)
        ), strict=True)
    ]  # fmt: skip
    gradients_alone = [tf.gradients(tf.square(whole), image)[0] for whole in alone[:2]]
    found = values_of(*wholes, *gradients)
    wanted = values_of(*alone, *gradients_alone)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, 1e-5, 1e-5)
