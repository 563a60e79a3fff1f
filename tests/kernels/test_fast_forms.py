"""Forms of kernels that only large or odd inputs take give what the plain ones give."""

import numpy as np
import pytest
import torch

import tensormill as tf
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
