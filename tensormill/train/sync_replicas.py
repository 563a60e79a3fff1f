"""`SyncReplicasOptimizer`: replicas whose gradients are averaged before any of them is applied.

Each variable has an accumulator beside it, to which the replicas add their gradients, marked with
the global step that they were computed at. The chief takes the mean once enough are there, applies
it, and puts a token with the new step into a queue for each replica, which goes on with that.
Gradients of a former step are dropped.

Source: TensorFlow 1.15, python/training/sync_replicas_optimizer.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import colocate_with, control_dependencies, device, name_scope
from tensormill.graph.dtypes import int32
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.accumulator_classes import ConditionalAccumulator, SparseConditionalAccumulator
from tensormill.ops.basics import no_op
from tensormill.ops.filling import fill
from tensormill.ops.grouping import group
from tensormill.ops.queue_kinds import FIFOQueue
from tensormill.train.monitored.session_run_hook import SessionRunHook
from tensormill.train.optimizer import Optimizer
from tensormill.train.queue_runner import QueueRunner
from tensormill.variables.assignments import assign
from tensormill.variables.creation import Variable
from tensormill.variables.initialization import global_variables, report_uninitialized_variables

__all__ = ["SyncReplicasOptimizer"]


class SyncReplicasOptimizer(Optimizer):
    """Wraps an optimizer such that it applies the mean of the gradients of several replicas.

    Args:
      opt: computes and applies the gradients.
      replicas_to_aggregate: how many gradients make a step.
      total_num_replicas: how many replicas there are; those beyond `replicas_to_aggregate` are
        there for the case that some are slow.
      variable_averages: an ExponentialMovingAverage that the chief updates after each step.
      variables_to_average: the variables that it averages.
      use_locking: whether updates lock out each other.
      name: the name of the nodes.

    Attributes:
      local_step_init_op: what a replica runs first.
      chief_init_op: what the chief runs first.
      ready_for_local_init_op: gives the names of what is not initialized; nothing means ready for
        the former two.
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Any = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        if total_num_replicas is None:
            total_num_replicas = replicas_to_aggregate
        super().__init__(use_locking, name)
        tf_logging.info(
            "SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s",
            replicas_to_aggregate,
            total_num_replicas,
        )
        self._opt = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = total_num_replicas
        self._tokens_per_step = max(total_num_replicas, replicas_to_aggregate)
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._gradients_applied = False
        self._global_step: Any = None
        self._local_step: Any = None
        self._sync_token_queue: Any = None
        self._chief_queue_runner: QueueRunner | None = None
        self._accumulators: list[tuple[Any, Any]] = []
        self.local_step_init_op: Any = None
        self.chief_init_op: Any = None
        self.ready_for_local_init_op: Any = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Return (gradient, variable) pairs, as the wrapped optimizer does."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
    ) -> Any:
        """Return what a replica runs: it adds its gradients, and waits for the new step.

        Args:
          grads_and_vars: (gradient, variable) pairs.
          global_step: a variable that counts the updates.
          name: not used.

        Raises:
          ValueError: there are no variables, or there is no global step.
        """
        pairs = list(grads_and_vars or ())
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        with colocate_with(no_op()):  # the local step stays with the replica
            self._local_step = Variable(
                initial_value=0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=global_step.dtype.base_dtype,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = assign(self._local_step, global_step)
        self.ready_for_local_init_op = report_uninitialized_variables(global_variables())
        with name_scope(None, self._name):
            train_ops, aggregated = self._accumulate(pairs)
            with device(global_step.device), name_scope(""):
                update = self._opt.apply_gradients(aggregated, global_step)
            train_op = self._exchange_tokens(train_ops, update)
            init_ops = [self.local_step_init_op]
            for accumulator, place in self._accumulators:
                with device(place):
                    init_ops.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = group(*init_ops)
            self._gradients_applied = True
            return train_op

    def _accumulate(
        self, pairs: list[tuple[Any, Any]]
    ) -> tuple[list[Operation], list[tuple[Any, Any]]]:
        """Return what adds the gradients to their accumulators, and what is taken from them."""
        adding: list[Operation] = []
        taken: list[tuple[Any, Any]] = []
        for gradient, variable in pairs:
            shared_name = f"{variable.name}/grad_accum"
            with device(variable.device):
                if gradient is None:
                    taken.append((None, variable))
                    continue
                if isinstance(gradient, Tensor):
                    dense = ConditionalAccumulator(
                        gradient.dtype, shape=variable.get_shape(), shared_name=shared_name
                    )
                    adding.append(dense.apply_grad(gradient, local_step=self._local_step))
                    taken.append((dense.take_grad(self._replicas_to_aggregate), variable))
                    self._accumulators.append((dense, variable.device))
                elif isinstance(gradient, IndexedSlices):
                    sparse = SparseConditionalAccumulator(
                        gradient.dtype, shape=(), shared_name=shared_name
                    )
                    adding.append(
                        sparse.apply_indexed_slices_grad(gradient, local_step=self._local_step)
                    )
                    slices = sparse.take_indexed_slices_grad(self._replicas_to_aggregate)
                    taken.append((slices, variable))
                    self._accumulators.append((sparse, variable.device))
                else:
                    raise ValueError("Unknown grad type!")
        return adding, taken

    def _exchange_tokens(self, train_ops: list[Operation], update: Any) -> Any:
        """Make the queue of tokens; return what a replica runs, and keep what the chief runs."""
        step = self._global_step
        with device(step.device), name_scope(""):
            self._sync_token_queue = FIFOQueue(
                -1,
                step.dtype.base_dtype,
                shapes=(),
                name="sync_token_q",
                shared_name="sync_token_q",
            )
            # The queue runner closes its queue, and that of the tokens must stay open.
            dummy_queue = FIFOQueue(
                1, int32, shapes=(), name="dummy_queue", shared_name="dummy_queue"
            )
        with device(step.device), name_scope(""):
            with control_dependencies(train_ops):
                token = self._sync_token_queue.dequeue()
            train_op = assign(self._local_step, token)
            with control_dependencies([update]):
                tokens = fill([self._tokens_per_step], step)
                sync_op = self._sync_token_queue.enqueue_many((tokens,))
            if self._variable_averages is not None:
                with control_dependencies([sync_op]), name_scope(""):
                    sync_op = self._variable_averages.apply(self._variables_to_average)
            self._chief_queue_runner = QueueRunner(dummy_queue, [sync_op])
        return train_op

    def get_chief_queue_runner(self) -> QueueRunner:
        """Return the queue runner that applies the gradients; the chief alone starts it.

        Raises:
          ValueError: `apply_gradients` was not called yet.
        """
        if self._chief_queue_runner is None or not self._gradients_applied:
            raise ValueError("Should be called after apply_gradients().")
        return self._chief_queue_runner

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """Return what puts the tokens of the first step into the queue; the chief runs it once.

        Args:
          num_tokens: how many; -1 for one a gradient that is aggregated.

        Raises:
          ValueError: `apply_gradients` was not called yet, or these are too few.
        """
        if not self._gradients_applied:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(
                f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} "
                "(needed)"
            )
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        with device(self._global_step.device), name_scope(""):
            tokens = fill([num_tokens], self._global_step)
            made: Operation = self._sync_token_queue.enqueue_many((tokens,))
            return made

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """Return a hook that initializes, and starts what the chief runs.

        Args:
          is_chief: whether this replica is the chief.
          num_tokens: how many tokens there are for the first step.
        """
        return _SyncReplicasHook(self, is_chief, num_tokens)

    def get_slot(self, var: Any, name: str) -> Any:
        """Return a slot of the wrapped optimizer."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """Return the names of the slots of the wrapped optimizer."""
        return self._opt.get_slot_names()

    def variables(self) -> list[Any]:
        """Return the variables of the wrapped optimizer."""
        return self._opt.variables()


class _SyncReplicasHook(SessionRunHook):
    """Initializes a replica, and lets the chief apply gradients."""

    def __init__(self, optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int) -> None:
        self._sync_optimizer = optimizer
        self._is_chief = is_chief
        self._num_tokens = num_tokens
        self._init_op: Any = None
        self._tokens_op: Any = None
        self._runner: QueueRunner | None = None

    def begin(self) -> None:
        """Add to the graph what is needed."""
        optimizer = self._sync_optimizer
        if not optimizer._gradients_applied:
            raise ValueError(
                "SyncReplicasOptimizer.apply_gradient should be called before using the hook."
            )
        self._init_op = optimizer.local_step_init_op
        if self._is_chief:
            self._init_op = optimizer.chief_init_op
            self._runner = optimizer.get_chief_queue_runner()
            self._tokens_op = optimizer.get_init_tokens_op(self._num_tokens)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Initialize, and start the thread of the chief."""
        missing = session.run(self._sync_optimizer.ready_for_local_init_op)
        if missing.size:
            names = ", ".join(name.decode() for name in missing)
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. "
                f"Init op: {self._init_op.name}, error: Variables not initialized: {names}"
            )
        session.run(self._init_op)
        if self._tokens_op is not None:
            session.run(self._tokens_op)
        if self._runner is not None:
            self._runner.create_threads(session, coord=coord, daemon=True, start=True)
