"""Distributions whose methods take further arguments, and those that depend on their own samples.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.distributions.base import Distribution
from tensormill.distributions.parameters import gen_new_seed
from tensormill.distributions.transformed import TransformedDistribution
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor

__all__ = ["Autoregressive", "ConditionalDistribution", "ConditionalTransformedDistribution"]


class ConditionalDistribution(Distribution):
    """The base of distributions whose samples and probabilities depend on further arguments."""

    def sample(
        self,
        sample_shape: Any = (),
        seed: int | None = None,
        name: str = "sample",
        **condition_kwargs: Any,
    ) -> Tensor:
        """Return samples; further arguments go to `_sample_n`."""
        return self._call_sample_n(sample_shape, seed, name, **condition_kwargs)


class ConditionalTransformedDistribution(ConditionalDistribution, TransformedDistribution):
    """The images of samples of a distribution, given further arguments of it and of the map.

    Its methods take `bijector_kwargs` and `distribution_kwargs`, dicts of arguments by name.
    """


class Autoregressive(Distribution):
    """A distribution of which each number depends on those before it.

    Args:
      distribution_fn: returns the distribution of all numbers, given some or none.
      sample0: what it is given first; nothing by default.
      num_steps: how often samples are fed back; as often as there are numbers by default.
      validate_args: whether arguments are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: it is not known how many numbers there are, or there are no steps.
    """

    def __init__(
        self,
        distribution_fn: Callable[..., Any],
        sample0: Any = None,
        num_steps: int | None = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Autoregressive",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name) as scope:
            self._distribution_fn = distribution_fn
            self._sample0 = sample0
            first = distribution_fn() if sample0 is None else distribution_fn(sample0)
            self._distribution0 = first
            if num_steps is None:
                num_steps = first.event_shape.num_elements()
                if num_steps is None:
                    raise ValueError(
                        "distribution_fn must generate a distribution with fully known "
                        "`event_shape`."
                    )
            if num_steps < 1:
                raise ValueError(f"num_steps ({num_steps}) must be at least 1.")
            self._num_steps = num_steps
        super().__init__(
            first.dtype, first.reparameterization_type, validate_args, allow_nan_stats,
            parameters, first._graph_parents, scope,
        )  # fmt: skip

    @property
    def distribution_fn(self) -> Callable[..., Any]:
        """Returns the distribution of all numbers, given some or none."""
        return self._distribution_fn

    @property
    def sample0(self) -> Any:
        """What `distribution_fn` is given first."""
        return self._sample0

    @property
    def num_steps(self) -> int:
        """How often samples are fed back."""
        return self._num_steps

    @property
    def distribution0(self) -> Any:
        """The first distribution."""
        return self._distribution0

    def _batch_shape(self) -> TensorShape:
        return self.distribution0.batch_shape

    def _batch_shape_tensor(self) -> Any:
        return self.distribution0.batch_shape_tensor()

    def _event_shape(self) -> TensorShape:
        return self.distribution0.event_shape

    def _event_shape_tensor(self) -> Any:
        return self.distribution0.event_shape_tensor()

    def _sample_n(self, n: Any, seed: int | None = None) -> Tensor:
        if seed is None:
            # Each step must draw the same random numbers.
            seed = gen_new_seed(int(np.random.randint(2**32 - 1)), "autoregressive")
        samples: Tensor = self.distribution0.sample(n, seed=seed)
        for _ in range(self._num_steps):
            samples = self.distribution_fn(samples).sample(seed=seed)
        return samples

    def _log_prob(self, value: Any) -> Tensor:
        made: Tensor = self.distribution_fn(value).log_prob(value)
        return made

    def _prob(self, value: Any) -> Tensor:
        made: Tensor = self.distribution_fn(value).prob(value)
        return made
