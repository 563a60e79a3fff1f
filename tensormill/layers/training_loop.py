"""Training with hooks, as `tf.contrib.training` has it: a training op, and the loop around it.

Source: TensorFlow 1.15, contrib/training/python/training/training.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.layers import model_training
from tensormill.train.monitored.monitored_session import MonitoredTrainingSession
from tensormill.train.optimizer import Optimizer

__all__ = ["clip_gradient_norms_fn", "create_train_op", "train"]

_USE_GLOBAL_STEP = 0


def clip_gradient_norms_fn(max_norm: Any) -> Callable[[Any], Any]:
    """Return a function of gradients and variables that clips each gradient by its norm."""
    return lambda pairs: model_training.clip_gradient_norms(pairs, max_norm)


def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    transform_grads_fn: Callable[[Any], Any] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Tensor:
    """Return the loss, after a step of training.

    Args:
      total_loss: a scalar.
      optimizer: the optimizer.
      global_step: the number of steps; by default that of the graph, made where there is none.
      update_ops: what must run before; by default what is in the UPDATE_OPS.
      variables_to_train: by default those that are trainable.
      transform_grads_fn: makes others of the pairs of gradients and variables.
      summarize_gradients: whether summaries of gradients are made.
      gate_gradients: as in `Optimizer.compute_gradients`.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      check_numerics: whether a loss that is not finite is an error.
    """
    return model_training.create_train_op(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics,
        transform_grads_fn=transform_grads_fn,
    )


def train(
    train_op: Any,
    logdir: str | None,
    master: str = "",
    is_chief: bool = True,
    scaffold: Any = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: int | None = 600,
    save_summaries_steps: int | None = 100,
    config: Any = None,
    max_wait_secs: int = 7200,
    run_metadata: Any = None,
) -> Any:
    """Run a training op until a hook or the end of the input stops it.

    Args:
      train_op: gives the loss.
      logdir: the folder of checkpoints and summaries.
      master: the target of the session.
      is_chief: whether this task initializes and saves.
      scaffold: says how to initialize.
      hooks: called around each step.
      chief_only_hooks: the same on the chief.
      save_checkpoint_secs: the time from one checkpoint to the next.
      save_summaries_steps: the steps from one summary to the next.
      config: a ConfigProto.
      max_wait_secs: how long to wait for the chief.
      run_metadata: a RunMetadata that each step writes to.

    Returns:
      The last loss, None where no step was run.

    Raises:
      ValueError: the chief has no folder, and something is to be written.
    """
    if logdir is None and is_chief and (save_checkpoint_secs or save_summaries_steps):
        raise ValueError(
            "logdir cannot be None when save_checkpoint_secs or save_summaries_steps are set"
        )
    with MonitoredTrainingSession(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        loss = None
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss
