"""`rejection_resample`: elements are left out so that classes have a wanted distribution.

Elements come from the dataset as it is, or from one of which some are rejected, class by class. How
often they come from the first, and how many of the second are rejected, follows from how the
classes are distributed in the dataset.

Source: TensorFlow 1.15, python/data/experimental/ops/resampling.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.data.dataset import Dataset
from tensormill.data.grouping import Transformation
from tensormill.data.interleaving import sample_from_datasets
from tensormill.data.scanning import scan
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, shape
from tensormill.ops.casting import cast
from tensormill.ops.comparison import less
from tensormill.ops.conditional import cond
from tensormill.ops.filling import fill, one_hot
from tensormill.ops.gathering import gather
from tensormill.ops.joining import tile
from tensormill.ops.printing import Print
from tensormill.ops.random import random_uniform
from tensormill.ops.reduction import reduce_max, reduce_min, reduce_sum

__all__ = ["rejection_resample"]

# How many elements each estimate of a distribution takes in, and how many of each class it supposes
# to have been there before.
_ESTIMATED_AT_ONCE = 32
_SUPPOSED_BEFORE = 10


def rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Transformation:
    """Return a transformation into (class, element), so that classes have a wanted distribution.

    Args:
      class_func: returns an int32 class for an element.
      target_dist: the wanted share of each class.
      initial_dist: the share of each class in the dataset; estimated as elements come where None.
      seed: decides the draws, with the seed of the graph.
    """

    def apply(dataset: Dataset) -> Dataset:
        target = convert_to_tensor(target_dist, name="target_dist")
        classes = dataset.map(class_func)
        from_original = None
        if initial_dist is not None:
            initial = convert_to_tensor(initial_dist, name="initial_dist")
            accepted, original = _shares(initial, target)
            initials, accepteds, originals = (
                Dataset.from_tensors(each).repeat() for each in (initial, accepted, original)
            )
            from_original = _static_share(initial, target)
        else:
            initials = _estimated(target, classes)
            both = initials.map(lambda initial: _shares(initial, target))
            accepteds = both.map(lambda accepted, _: accepted)
            originals = both.map(lambda _, original: original)
        filtered = _filtered(dataset, accepteds, initials, classes, seed).prefetch(3)
        with_classes = Dataset.zip((classes, dataset))
        if from_original == 1:
            return with_classes
        if from_original == 0:
            return filtered
        return sample_from_datasets(
            [with_classes, filtered],
            weights=originals.map(lambda share: [(share, 1.0 - share)]),
            seed=seed,
        )

    return apply


def _shares(initial: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return which part of each class is accepted, and how many elements come as they are.

    Args:
      initial: the share of each class in the dataset.
      target: the wanted share.
    """
    tiny = np.finfo(initial.dtype.as_numpy_dtype).tiny
    ratios = target / (initial + tiny)
    least = reduce_min(ratios)
    return (ratios - least) / (reduce_max(ratios) - least), least


def _static_share(initial: Tensor, target: Tensor) -> Any:
    """Return how many elements come as they are, where that is known when the graph is built."""
    have, want = constant_value(initial), constant_value(target)
    return None if have is None or want is None else np.min(want / have)


def _filtered(
    dataset: Dataset, accepteds: Dataset, initials: Dataset, classes: Dataset, seed: Any
) -> Dataset:
    def with_warning(accepted: Tensor, initial: Tensor) -> Any:
        rejected = reduce_sum((1 - accepted) * initial)
        return cond(
            less(rejected, 0.5),
            lambda: accepted,
            lambda: Print(
                accepted,
                [rejected, initial, accepted],
                message="Proportion of examples rejected by sampler is high: ",
                summarize=100,
                first_n=10,
            ),
        )

    warned = Dataset.zip((accepteds, initials)).map(with_warning)
    chances = Dataset.zip((classes, warned, dataset)).map(
        lambda kind, accepted, element: (kind, gather(accepted, kind), element)
    )
    drawn = chances.filter(lambda _, chance, __: random_uniform([], seed=seed) < chance)
    return drawn.map(lambda kind, _, element: (kind, element))


def _estimated(target: Tensor, classes: Dataset) -> Dataset:
    """Return estimates of how classes are distributed, one for each of the classes."""
    dims = target.dims
    count: Any = shape(target)[0] if dims is None or dims[0] is None else dims[0]
    before = fill([count], np.int64(_SUPPOSED_BEFORE))

    def updated(seen: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        seen = seen + reduce_sum(one_hot(kinds, count, dtype=dtypes.int64), 0)
        shares = cast(seen / reduce_sum(seen), dtypes.float32)
        return seen, tile(expand_dims(shares, 0), [_ESTIMATED_AT_ONCE, 1])

    return classes.batch(_ESTIMATED_AT_ONCE).apply(scan(before, updated)).unbatch()
