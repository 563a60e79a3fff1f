"""Functions of values that torch computes slowly give what they give for a few of them."""

import numpy as np
import pytest
import torch

from tensormill.kernels import hard_values

HARD = [0.0, -0.0, -1.0, 1e-30, 5.0, 100.0, -100.0, 800.0, -800.0, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_many_hard_values_are_as_few(name, dtype) -> None:
    values = torch.tensor(HARD, dtype=dtype)
    expected = getattr(torch, name)(values).repeat(500)
    many = values.repeat(500)
    function = getattr(hard_values, name)
    torch.testing.assert_close(function(many), expected, equal_nan=True)
    in_place = many.clone()
    assert getattr(hard_values, f"{name}_into")(in_place, in_place) is in_place
    torch.testing.assert_close(in_place, expected, equal_nan=True)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
def test_rows_that_lie_apart_are_computed(name) -> None:
    apart = torch.zeros(200, 100)[:, ::2]
    torch.testing.assert_close(getattr(hard_values, name)(apart), getattr(torch, name)(apart))


def test_other_dtypes_are_left_to_torch() -> None:
    halves = torch.full([5000], -2.0, dtype=torch.bfloat16)
    assert hard_values.sqrt(halves).isnan().all()
    complex_numbers = torch.full([5000], -4.0, dtype=torch.complex64)
    torch.testing.assert_close(hard_values.sqrt(complex_numbers)[0], torch.tensor(2j))
