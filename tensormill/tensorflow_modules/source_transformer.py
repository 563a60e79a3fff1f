"""`tensorflow.python.autograph.pyct.transformer`: the base of classes that rewrite Python sources.

Source: TensorFlow 1.15, python/autograph/pyct/transformer.py.
"""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["Base"]


class Base(ast.NodeTransformer):
    """A transformer of syntax trees that knows what it rewrites.

    Args:
      ctx: what is known of the source.
    """

    def __init__(self, ctx: Any) -> None:
        self.ctx = ctx
