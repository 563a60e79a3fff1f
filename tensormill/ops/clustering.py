"""Clusters of points: the nearest centers, and centers to begin with."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

__all__: list[str] = []

nearest_neighbors_op = define(
    "NearestNeighbors",
    inputs=("points: float32", "centers: float32", "k: int64"),
    outputs=("nearest_center_indices: int64", "nearest_center_distances: float32"),
    differentiable=False,
)
kmeans_plus_plus_initialization_op = define(
    "KmeansPlusPlusInitialization",
    inputs=(
        "points: float32",
        "num_to_sample: int64",
        "seed: int64",
        "num_retries_per_sample: int64",
    ),
    outputs=("samples: float32",),
    differentiable=False,
)
kmc2_chain_initialization_op = define(
    "KMC2ChainInitialization",
    inputs=("distances: float32", "seed: int64"),
    outputs=("index: int64",),
    differentiable=False,
)


@nearest_neighbors_op.shape
def nearest_neighbors_shape(ctx: ShapeContext) -> list[Dims]:
    return [None, None]


@kmeans_plus_plus_initialization_op.shape
def kmeans_plus_plus_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


@kmc2_chain_initialization_op.shape
def kmc2_chain_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]
