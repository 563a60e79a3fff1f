"""`tf.sysconfig`: where the package is, and what compilers would be told of it.

tensormill has no headers and no library to link with: the flags are empty, and a compiler that
looks for TensorFlow's headers in the folder does not find them.
"""

from __future__ import annotations

import os

from tensormill.platform.versions import CXX11_ABI_FLAG, MONOLITHIC_BUILD

__all__ = [
    "CXX11_ABI_FLAG",
    "MONOLITHIC_BUILD",
    "get_compile_flags",
    "get_include",
    "get_lib",
    "get_link_flags",
]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def get_include() -> str:
    """Return the folder where headers would be."""
    return os.path.join(_PACKAGE, "include")


def get_lib() -> str:
    """Return the folder of the package."""
    return _PACKAGE


def get_compile_flags() -> list[str]:
    """Return the flags for compiling: none."""
    return []


def get_link_flags() -> list[str]:
    """Return the flags for linking: none."""
    return []
