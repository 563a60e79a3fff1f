"""Kernels of clusters of points.

Source: TensorFlow 1.15, core/kernels/clustering_ops.cc.
"""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel


def _squared_distances(points: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
    """Return the distances [points, centers]."""
    products = points @ centers.T
    own = (centers * centers).sum(dim=1)
    made: torch.Tensor = own - 2 * products + (points * points).sum(dim=1, keepdim=True)
    return made


@kernel("NearestNeighbors", "cpu", host_inputs=("k",))
def nearest_neighbors(points: torch.Tensor, centers: torch.Tensor, k: Any) -> Any:
    count = int(k)
    if points.dim() != 2 or centers.dim() != 2:
        raise errors.invalid_argument("Input points and centers must be matrices.")
    if count <= 0:
        raise errors.invalid_argument(f"Input k should be positive, not {count}.")
    if centers.shape[0] < 1:
        raise errors.invalid_argument("Center set must not be empty.")
    if points.shape[1] != centers.shape[1]:
        raise errors.invalid_argument(
            f"Points and centers must have the same number of columns: {points.shape[1]} and "
            f"{centers.shape[1]}"
        )
    distances = _squared_distances(points, centers).clamp(min=0)
    ordered, indices = torch.sort(distances, dim=1, stable=True)
    count = min(count, centers.shape[0])
    return indices[:, :count].contiguous(), ordered[:, :count].contiguous()


def _generator(seed: Any) -> torch.Generator:
    generator = torch.Generator()
    generator.manual_seed(int(seed) & (2**63 - 1))
    return generator


@kernel(
    "KmeansPlusPlusInitialization",
    "cpu",
    host_inputs=("num_to_sample", "seed", "num_retries_per_sample"),
)
def kmeans_plus_plus(
    points: torch.Tensor, num_to_sample: Any, seed: Any, num_retries_per_sample: Any
) -> torch.Tensor:
    wanted, retries = int(num_to_sample), int(num_retries_per_sample)
    if points.dim() != 2:
        raise errors.invalid_argument("Input points should be a matrix.")
    if wanted <= 0:
        raise errors.invalid_argument(f"Input num_to_sample should be positive, not {wanted}.")
    if wanted > points.shape[0]:
        raise errors.invalid_argument(
            f"Insufficient points: {points.shape[0]}, but {wanted} are to be sampled."
        )
    generator = _generator(seed)
    chosen = [int(torch.randint(points.shape[0], (1,), generator=generator))]
    nearest = _squared_distances(points, points[chosen]).clamp(min=0)[:, 0]
    while len(chosen) < wanted:
        # where all points are centers already, any will do
        odds = nearest if bool(nearest.sum() > 0) else torch.ones_like(nearest)
        drawn = torch.multinomial(odds, retries + 1, replacement=True, generator=generator)
        reached = _squared_distances(points, points[drawn]).clamp(min=0)
        candidates = torch.minimum(reached, nearest[:, None])
        best = int(candidates.sum(dim=0).argmin())
        chosen.append(int(drawn[best]))
        nearest = candidates[:, best]
    return points[chosen]


@kernel("KMC2ChainInitialization", "cpu", host_inputs=("seed",))
def kmc2_chain(distances: torch.Tensor, seed: Any) -> torch.Tensor:
    if distances.dim() != 1:
        raise errors.invalid_argument("Input distances should be a vector.")
    generator = _generator(seed)
    draws = torch.rand(len(distances), generator=generator, dtype=torch.float64).tolist()
    values = distances.tolist()
    at, current = 0, 0.0
    for place, (value, draw) in enumerate(zip(values, draws, strict=True)):
        # a step of a Markov chain to a point that is, likely, as far away as the present one
        if current == 0.0 or draw < value / current:
            at, current = place, value
    return torch.tensor(at, dtype=torch.int64)
