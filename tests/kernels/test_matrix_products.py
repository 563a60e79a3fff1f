"""The choice between the libraries that multiply large matrices."""

from __future__ import annotations

import pytest
import torch

from tensormill.kernels import matrix_products
from tensormill.kernels.matrix_products import fastest, is_large


class Clock:
    """A clock that only the products move."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s

    def product(self, takes_s: float):
        def multiply(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            self.time_s += takes_s
            return a

        return multiply


@pytest.mark.parametrize(("usual_s", "other_s", "chosen"), [(2, 1, 1), (1, 2, 0), (1.0, 0.9, 0)])
def test_the_other_product_must_be_clearly_faster(usual_s, other_s, chosen):
    clock = Clock()
    products = [clock.product(usual_s), clock.product(other_s)]
    assert fastest(*products, clock.now) is products[chosen]


@pytest.mark.parametrize(
    ("a", "b", "large"),
    [
        ((256, 256), (256, 256), True),
        ((None, 784), (784, 300), True),
        ((None, 16), (16, 10), False),
        (None, (1000, 1000), False),
        ((3, 1000, 1000), (1000, 1000), False),
    ],
)
def test_a_product_is_large_by_its_static_shapes(a, b, large):
    assert is_large(a, b) is large


@pytest.mark.parametrize("shape", [(3, 4, 5), (300, 200, 100), (1, 700, 1)])
def test_one_dnn_gives_the_product(shape):
    rows, inner, columns = shape
    draw = torch.Generator().manual_seed(0)
    a, b = torch.rand(rows, inner, generator=draw), torch.rand(columns, inner, generator=draw).t()
    torch.testing.assert_close(matrix_products._by_one_dnn(a, b), torch.mm(a, b))


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2,), (2, 3))])
def test_one_dnn_complains_as_torch_does(shapes):
    with pytest.raises(RuntimeError):
        matrix_products._by_one_dnn(*map(torch.zeros, shapes))


def test_the_product_of_nothing_is_zero():
    empty = matrix_products._by_one_dnn(torch.zeros(2, 0), torch.zeros(0, 3))
    assert empty.tolist() == [[0.0] * 3] * 2
