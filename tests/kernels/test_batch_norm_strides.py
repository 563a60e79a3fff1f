"""Batch normalisation takes its numbers of channels as they are, however they lie in memory."""

from typing import Any

import pytest
import torch

from tensormill.kernels.normalization import fused_batch_norm_grad_v3, fused_batch_norm_v3

SETTINGS: dict[str, Any] = {"epsilon": 1e-3, "data_format": b"NHWC"}
CHANNELS = 8


def spread(number: float) -> torch.Tensor:
    """Return a vector of one number that lies in memory once, followed by other numbers."""
    return torch.tensor([number, *[1e30] * CHANNELS])[:1].expand(CHANNELS)


def images() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    image, grad = torch.randn(2, 2, 4, 4, CHANNELS, generator=draw)
    return image, grad


@pytest.mark.parametrize("is_training", [True, False])
def test_constants_of_one_number_are_read_as_vectors(is_training: bool) -> None:
    image, grad = images()
    made = []
    for vector in (spread, lambda number: spread(number).clone()):
        scale, offset, mean, variance = (vector(each) for each in (1.5, 0.25, 0.5, 2.0))
        forward = fused_batch_norm_v3(
            image, scale, offset, mean, variance,
            exponential_avg_factor=1.0, is_training=is_training, **SETTINGS,
        )  # fmt: skip
        backward = fused_batch_norm_grad_v3(
            grad, image, scale, mean, variance, scale.new_zeros(()),
            is_training=is_training, **SETTINGS,
        )  # fmt: skip
        made.append([*forward, *backward[:3]])
    for ours, expected in zip(*made, strict=True):
        torch.testing.assert_close(ours, expected)
