"""`tf.version`: the version of TensorFlow whose API this is, and those of its GraphDefs."""

from __future__ import annotations

import platform

__all__ = [
    "COMPILER_VERSION",
    "CXX11_ABI_FLAG",
    "GIT_VERSION",
    "GRAPH_DEF_VERSION",
    "GRAPH_DEF_VERSION_MIN_CONSUMER",
    "GRAPH_DEF_VERSION_MIN_PRODUCER",
    "MONOLITHIC_BUILD",
    "VERSION",
]

VERSION = "1.15.0"
GIT_VERSION = f"v{VERSION}"
GRAPH_DEF_VERSION = 134
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0

COMPILER_VERSION = platform.python_compiler()
"""The compiler: that of Python, as nothing of tensormill is compiled."""
CXX11_ABI_FLAG = 0
MONOLITHIC_BUILD = 0
