"""Rows of the table of modules for smaller parts of `tf.contrib`; see `table`."""

from __future__ import annotations

__all__ = ["CONTRIB_ROWS"]

CONTRIB_ROWS = {
    "contrib.compiler.jit": "namespaces.contrib.compiler.jit",
    "contrib.compiler.xla": "namespaces.contrib.compiler.xla",
    "contrib.integrate.python.ops.odes": "functional.differential_equations",
    "contrib.nn.python.ops.alpha_dropout": "alpha_dropout=ops.dropout.alpha_dropout",
    "contrib.nn.python.ops.cross_entropy": "ops.flipped_entropies",
    "contrib.nn.python.ops.fwd_gradients": "ops.forward_gradients",
    "contrib.nn.python.ops.sampling_ops": """
        rank_sampled_softmax_loss=ops.sampled_losses.rank_sampled_softmax_loss
        sampled_sparse_softmax_loss=ops.sampled_losses.sampled_sparse_softmax_loss""",
    "contrib.nn.python.ops.scaled_softplus": "ops.scaled_softplus",
    "contrib.solvers.python.ops.least_squares": "ops.iterative_solvers",
    "contrib.solvers.python.ops.linear_equations": "ops.iterative_solvers",
    "contrib.solvers.python.ops.util": "ops.iterative_solvers",
    "contrib.mixed_precision.python.loss_scale_manager": "train.loss_scale_managers",
    "contrib.mixed_precision.python.loss_scale_optimizer": "train.loss_scale_managers",
    "contrib.sparsemax.python.ops.sparsemax": "ops.sparsemax",
    "contrib.sparsemax.python.ops.sparsemax_loss": "ops.sparsemax",
    "python.compiler.xla.jit": "namespaces.contrib.compiler.jit",
    "python.compiler.xla.xla": "functional.compiled_computations",
}
