"""The row of the table of modules for `init_ops_v2`, whose classes have several names."""

from __future__ import annotations

__all__ = ["INITIALIZER_ROWS"]

_NAMES = {
    "Zeros": "zeros_initializer zeros zero",
    "Ones": "ones_initializer ones one",
    "Constant": "constant_initializer constant",
    "RandomUniform": "random_uniform_initializer random_uniform uniform",
    "RandomNormal": "random_normal_initializer random_normal normal",
    "TruncatedNormal": "truncated_normal_initializer truncated_normal",
    "VarianceScaling": "variance_scaling_initializer",
    "GlorotUniform": "glorot_uniform_initializer glorot_uniform",
    "GlorotNormal": "glorot_normal_initializer glorot_normal",
    "Orthogonal": "orthogonal_initializer orthogonal",
    "Identity": "identity_initializer identity",
}
_SOURCE = "variables.stateless_initializers"

INITIALIZER_ROWS = {
    "python.ops.init_ops_v2": " ".join(
        [_SOURCE]
        + [f"{name}={_SOURCE}.{cls}" for cls, names in _NAMES.items() for name in names.split()]
    )
}
