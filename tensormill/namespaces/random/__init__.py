"""`tf.random`: random numbers."""

from __future__ import annotations

from tensormill.namespaces.random import experimental
from tensormill.ops.candidate_sampling import (
    all_candidate_sampler,
    fixed_unigram_candidate_sampler,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)
from tensormill.ops.random import categorical, multinomial, truncated_normal
from tensormill.ops.random import random_gamma as gamma
from tensormill.ops.random import random_normal as normal
from tensormill.ops.random import random_poisson as poisson
from tensormill.ops.random import random_shuffle as shuffle
from tensormill.ops.random import random_uniform as uniform
from tensormill.ops.random_seeds import get_seed, set_random_seed
from tensormill.ops.stateless_random import (
    stateless_categorical,
    stateless_multinomial,
    stateless_truncated_normal,
)
from tensormill.ops.stateless_random import (
    stateless_random_normal as stateless_normal,
)
from tensormill.ops.stateless_random import (
    stateless_random_uniform as stateless_uniform,
)

__all__ = [
    "all_candidate_sampler",
    "categorical",
    "experimental",
    "fixed_unigram_candidate_sampler",
    "gamma",
    "get_seed",
    "learned_unigram_candidate_sampler",
    "log_uniform_candidate_sampler",
    "multinomial",
    "normal",
    "poisson",
    "set_random_seed",
    "shuffle",
    "stateless_categorical",
    "stateless_multinomial",
    "stateless_normal",
    "stateless_truncated_normal",
    "stateless_uniform",
    "truncated_normal",
    "uniform",
    "uniform_candidate_sampler",
]
