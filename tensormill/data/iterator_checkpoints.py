"""Iterators in checkpoints, so that a program goes on in its data where it stopped.

Source: TensorFlow 1.15, python/data/experimental/ops/iterator_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.data.iterator import GLOBAL_ITERATORS, Iterator
from tensormill.graph.default_scopes import colocate_with, get_collection
from tensormill.graph.tensor import Tensor
from tensormill.ops import iterators
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.checkpoints.state_file import latest_checkpoint
from tensormill.train.monitored.saving_hooks import CheckpointSaverHook
from tensormill.train.monitored.session_run_hook import SessionRunHook
from tensormill.variables.saveable_object import SaveableObject, SaveSpec

__all__ = ["CheckpointInputPipelineHook", "make_saveable_from_iterator"]


def make_saveable_from_iterator(iterator: Iterator) -> SaveableObject:
    """Return what a `tf.train.Saver` saves and restores of an iterator: where it stands.

    An iterator is restored once its initializer has run. Then its pipeline runs up to that place
    again, with the same seeds.
    """
    return _IteratorSaveable(iterator._iterator_resource)


class _IteratorSaveable(SaveableObject):
    def __init__(self, resource: Tensor) -> None:
        state = iterators.serialize_iterator_op(resource)
        super().__init__(resource, [SaveSpec(state, "", f"{resource.name}-state")], resource.name)

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        with colocate_with(self.op):
            return iterators.deserialize_iterator_op.make(self.op, restored_tensors[0])


class CheckpointInputPipelineHook(SessionRunHook):
    """Saves where the iterators of a graph stand, and goes on there.

    The files stand beside the checkpoints of the model, under names of their own, `input.ckpt`, and
    are written as often.

    Args:
      estimator: whose folder and whose intervals are used.
    """

    def __init__(self, estimator: Any) -> None:
        config = estimator.config
        prefix = "input"
        if config.num_worker_replicas > 1:
            prefix = f"input_{config.task_type}_{config.task_id}"
        self._folder = estimator.model_dir
        self._latest_filename = f"checkpoint_{prefix}"
        self._saver: _NamedStateSaver | None = None
        self._is_first_run = True
        self._intervals = {
            "save_secs": config.save_checkpoints_secs,
            "save_steps": config.save_checkpoints_steps,
            "checkpoint_basename": f"{prefix}.ckpt",
        }
        self._saving: Any = None

    def begin(self) -> None:
        """Build the saver of the iterators of the graph."""
        saveables = [_IteratorSaveable(resource) for resource in get_collection(GLOBAL_ITERATORS)]
        self._saver = _NamedStateSaver(saveables, self._latest_filename)
        self._saving = CheckpointSaverHook(self._folder, saver=self._saver, **self._intervals)
        self._saving.begin()

    def before_run(self, run_context: Any) -> Any:
        """Restore before the first step, when all hooks have initialized what they have to."""
        if self._is_first_run:
            self._is_first_run = False
            self._restore_or_save(run_context.session)
        return self._saving.before_run(run_context)

    def _restore_or_save(self, session: Any) -> None:
        assert self._saver is not None
        path = latest_checkpoint(self._folder, latest_filename=self._latest_filename)
        if path:
            self._saver.restore(session, path)
        else:
            self._saving.save_now(session)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Save when it is time."""
        self._saving.after_run(run_context, run_values)

    def end(self, session: Any) -> None:
        """Save once more."""
        self._saving.end(session)


class _NamedStateSaver(Saver):
    """A saver whose list of checkpoints has a name of its own."""

    def __init__(self, saveables: Sequence[SaveableObject], latest_filename: str) -> None:
        super().__init__(list(saveables))
        self._latest_filename = latest_filename

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Write a checkpoint; see `tf.train.Saver.save`."""
        return super().save(*args, **{"latest_filename": self._latest_filename, **kwargs})
