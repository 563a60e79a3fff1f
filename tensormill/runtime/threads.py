"""How many threads a kernel may use: one setting a process, as torch has it."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["use_intra_op_threads"]


def use_intra_op_threads(config: Any) -> None:
    """Let kernels use as many threads as a session's config asks for.

    The setting belongs to the process: the latest session that asks for a number wins, and one that asks for
    none (0) leaves it as it is. TensorFlow shares one intra-op pool between sessions as well, sized by the first.
    """
    if config is not None and config.intra_op_parallelism_threads > 0:
        torch.set_num_threads(config.intra_op_parallelism_threads)
