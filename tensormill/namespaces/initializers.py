"""`tf.initializers`: initial values of variables, and the initializing operations."""

from __future__ import annotations

from tensormill.lookup.initialization import tables_initializer
from tensormill.variables.initialization import (
    global_variables_initializer as global_variables,
)
from tensormill.variables.initialization import local_variables_initializer as local_variables
from tensormill.variables.initialization import variables_initializer as variables
from tensormill.variables.initializers import Constant as constant
from tensormill.variables.initializers import GlorotNormal as glorot_normal
from tensormill.variables.initializers import GlorotUniform as glorot_uniform
from tensormill.variables.initializers import Identity as identity
from tensormill.variables.initializers import Ones as ones
from tensormill.variables.initializers import Orthogonal as orthogonal
from tensormill.variables.initializers import RandomNormal as random_normal
from tensormill.variables.initializers import RandomUniform as random_uniform
from tensormill.variables.initializers import TruncatedNormal as truncated_normal
from tensormill.variables.initializers import UniformUnitScaling as uniform_unit_scaling
from tensormill.variables.initializers import VarianceScaling as variance_scaling
from tensormill.variables.initializers import Zeros as zeros
from tensormill.variables.initializers import he_normal, he_uniform, lecun_normal, lecun_uniform

__all__ = [
    "constant",
    "global_variables",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "local_variables",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "tables_initializer",
    "truncated_normal",
    "uniform_unit_scaling",
    "variables",
    "variance_scaling",
    "zeros",
]
