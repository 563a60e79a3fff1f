"""The loss of labels, row by row, and its gradient."""

from __future__ import annotations

import pytest
import torch

from tensormill.graph import errors
from tensormill.kernels.cross_entropy import sparse_softmax_cross_entropy_with_logits


@pytest.mark.parametrize("rows", [0, 1, 7])
@pytest.mark.parametrize("labels_dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str
)
def test_the_loss_is_the_logarithm_at_the_label(
    rows: int, labels_dtype: torch.dtype, dtype: torch.dtype
) -> None:
    features = torch.linspace(-3, 3, rows * 5).reshape(rows, 5).to(dtype)
    labels = (torch.arange(rows) * 3 % 5).to(labels_dtype)
    loss, gradient = sparse_softmax_cross_entropy_with_logits(features, labels)
    logarithms = torch.log_softmax(features, 1)
    wanted = logarithms.exp()
    for row, label in enumerate(labels.tolist()):
        assert loss[row] == -logarithms[row, label]
        wanted[row, label] -= 1
    assert loss.shape == (rows,)
    assert torch.equal(gradient, wanted)


@pytest.mark.parametrize("wrong", [-100, -1, 5])
def test_labels_out_of_range_are_refused(wrong: int) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=f"label value of {wrong} which"):
        sparse_softmax_cross_entropy_with_logits(torch.zeros(3, 5), torch.tensor([0, wrong, 1]))
