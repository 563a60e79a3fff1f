"""`tf.estimator.tpu` and `tf.contrib.tpu`: programs for TPUs, run on CPUs and GPUs.

With `use_tpu=False` TensorFlow runs such a program like any other, and tells input and model
functions the size of a batch. There are no TPUs here, so `use_tpu=True` is refused.

Source: TensorFlow Estimator 1.15, python/estimator/tpu/tpu_config.py and tpu_estimator.py.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.estimator import run_config
from tensormill.estimator.deferred_spec import DeferredEstimatorSpec as TPUEstimatorSpec
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_checks import verify_model_fn_args
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph import tf_logging
from tensormill.graph.default_scopes import device
from tensormill.train.monitored.logging_hooks import StepCounterHook
from tensormill.train.optimizer import Optimizer

__all__ = [
    "CrossShardOptimizer",
    "InputPipelineConfig",
    "RunConfig",
    "TPUConfig",
    "TPUEstimator",
    "TPUEstimatorSpec",
]

_BATCH_SIZE = "batch_size"
_RESERVED = (_BATCH_SIZE, "context")
_CORES = (1, 2, 4, 8, 16, 32, 64, 128)


class InputPipelineConfig:
    """Where the input of a TPU is made."""

    PER_SHARD_V1 = 1
    PER_HOST_V1 = 2
    PER_HOST_V2 = 3
    BROADCAST = 4
    SLICED = 5


class TPUConfig(
    namedtuple(
        "TPUConfig",
        (
            "iterations_per_loop",
            "num_shards",
            "num_cores_per_replica",
            "per_host_input_for_training",
            "tpu_job_name",
            "initial_infeed_sleep_secs",
            "input_partition_dims",
            "eval_training_input_configuration",
            "experimental_host_call_every_n_steps",
        ),
    )
):
    """How a TPU would be used; `iterations_per_loop` tells how often the speed is logged.

    Raises:
      ValueError: a number is out of range.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        iterations_per_loop: int = 2,
        num_shards: int | None = None,
        num_cores_per_replica: int | None = None,
        per_host_input_for_training: Any = True,
        tpu_job_name: str | None = None,
        initial_infeed_sleep_secs: int | None = None,
        input_partition_dims: Any = None,
        eval_training_input_configuration: int = InputPipelineConfig.PER_HOST_V1,
        experimental_host_call_every_n_steps: int = 1,
    ) -> TPUConfig:
        for name, value in (
            ("iterations_per_loop", iterations_per_loop),
            ("num_shards", num_shards),
        ):
            if value is not None and value < 1:
                raise ValueError(f"TPUConfig {name} must be positive")
        if num_cores_per_replica is not None and num_cores_per_replica not in _CORES:
            raise ValueError(
                "num_cores_per_replica must be 1, 2, 4, 8, 16, 32, 64, 128; got "
                f"{num_cores_per_replica}"
            )
        if isinstance(per_host_input_for_training, bool):
            per_host_input_for_training = (
                InputPipelineConfig.PER_HOST_V1
                if per_host_input_for_training
                else InputPipelineConfig.PER_SHARD_V1
            )
        return super().__new__(
            cls,
            iterations_per_loop,
            num_shards,
            num_cores_per_replica,
            per_host_input_for_training,
            tpu_job_name,
            initial_infeed_sleep_secs,
            input_partition_dims,
            eval_training_input_configuration,
            experimental_host_call_every_n_steps,
        )


class RunConfig(run_config.RunConfig):
    """As `tf.estimator.RunConfig`, with a `TPUConfig`.

    Args:
      tpu_config: a `TPUConfig`.
      evaluation_master: the target of the sessions of evaluations; by default `master`.
      master: the target of the sessions.
      cluster: an object that names a cluster by its `master()` and `cluster_spec()`.
      **kwargs: as for `tf.estimator.RunConfig`.

    Raises:
      ValueError: both `master` and `cluster` are given.
    """

    def __init__(
        self,
        tpu_config: TPUConfig | None = None,
        evaluation_master: str | None = None,
        master: str | None = None,
        cluster: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._tpu_config = tpu_config or TPUConfig()
        self._cluster = cluster
        if master is not None and cluster is not None:
            raise ValueError("Both master and cluster are set.")
        if master is not None or cluster:
            self._master = cluster.master() if master is None else master
        if evaluation_master is not None:
            self._evaluation_master = evaluation_master
        elif not self.evaluation_master and self.task_type != run_config.TaskType.EVALUATOR:
            self._evaluation_master = self.master
        if cluster:
            self._cluster_spec = cluster.cluster_spec()

    def replace(self, **kwargs: Any) -> run_config.RunConfig:
        """Return a copy with other settings; `tpu_config` may be one of them."""
        tpu_config = kwargs.pop("tpu_config", self._tpu_config)
        made = super().replace(**kwargs)
        made.__dict__["_tpu_config"] = tpu_config
        return made


class _ExamplesPerSecondHook(StepCounterHook):
    """Tells the examples a second besides the steps a second."""

    def __init__(self, batch_size: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._batch_size = batch_size

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        steps_per_sec = elapsed_steps / elapsed_time
        rates = {"global_step/sec": steps_per_sec}
        if self._batch_size is not None:
            rates["examples/sec"] = self._batch_size * steps_per_sec
        for tag, rate in rates.items():
            if self._summary_writer is not None:
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=rate)])
                self._summary_writer.add_summary(summary, global_step)
            tf_logging.info("%s: %g", tag, rate)


def _add(params: Any, name: str, value: Any) -> None:
    """Set a parameter in a dict, or in `HParams`."""
    if not hasattr(params, "set_hparam"):
        params[name] = value
    elif name in params:
        params.set_hparam(name, value)
    else:
        params.add_hparam(name, value)


class TPUEstimator(Estimator):
    """An estimator whose functions are told the size of a batch, as `params["batch_size"]`.

    Args:
      model_fn: see `Estimator`; may return a `TPUEstimatorSpec`.
      model_dir: the folder of checkpoints and events.
      config: a `RunConfig` of this module.
      params: see `Estimator`.
      use_tpu: must be False.
      train_batch_size: the size of a batch of training.
      eval_batch_size: that of evaluation.
      predict_batch_size: that of prediction.
      batch_axis: not used without a TPU, as all up to `export_to_cpu`.
      eval_on_tpu: likewise.
      export_to_tpu: likewise.
      export_to_cpu: likewise.
      warm_start_from: see `Estimator`.
      embedding_config_spec: not used.
      export_saved_model_api_version: not used.

    Raises:
      ValueError: the config is another one, or a parameter has a reserved name.
      NotImplementedError: a TPU is asked for.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any] | None = None,
        model_dir: Any = None,
        config: Any = None,
        params: Any = None,
        use_tpu: bool = True,
        train_batch_size: int | None = None,
        eval_batch_size: int | None = None,
        predict_batch_size: int | None = None,
        batch_axis: Any = None,
        eval_on_tpu: bool = True,
        export_to_tpu: bool = True,
        export_to_cpu: bool = True,
        warm_start_from: Any = None,
        embedding_config_spec: Any = None,
        export_saved_model_api_version: Any = None,
    ) -> None:
        if not isinstance(config, RunConfig):
            raise ValueError("`config` must be provided with type `tpu_config.RunConfig`")
        if params is not None and any(name in params for name in _RESERVED):
            raise ValueError(f"{list(_RESERVED)} are reserved keys but existed in params {params}.")
        if use_tpu:
            raise NotImplementedError(
                "TPUEstimator: there are no TPUs here; pass use_tpu=False to run on CPUs and GPUs."
            )
        if model_fn is not None:
            verify_model_fn_args(model_fn, params)
        self._log_every = _log_interval(config)
        self._batch_sizes = {
            ModeKeys.TRAIN: train_batch_size,
            ModeKeys.EVAL: eval_batch_size,
            ModeKeys.PREDICT: predict_batch_size,
        }
        self._has_input = False
        super().__init__(
            self._wrapped(model_fn) if model_fn is not None else None,
            model_dir=model_dir,
            config=config.replace(log_step_count_steps=None),
            params=params or {},
            warm_start_from=warm_start_from,
        )

    def _call_input_fn(self, input_fn: Callable[..., Any], mode: str) -> Any:
        self._has_input = True
        params = self.params
        if self._batch_sizes[mode] is not None:
            _add(params, _BATCH_SIZE, self._batch_sizes[mode])
        known = {"mode": mode, "params": params, "config": self.config}
        wanted = {name: known[name] for name in fn_args(input_fn) if name in known}
        with device("/device:CPU:0"):
            return input_fn(**wanted)

    def _wrapped(self, model_fn: Callable[..., Any]) -> Callable[..., EstimatorSpec]:
        """Return a model function that adds the parameters, and makes the metrics."""

        def with_batch_size(
            features: Any, labels: Any, mode: str, config: Any, params: Any
        ) -> EstimatorSpec:
            is_export, self._has_input = not self._has_input, False
            size = self._batch_sizes[mode]
            if size is not None and not is_export:
                _add(params, _BATCH_SIZE, size)
            _add(params, "use_tpu", False)
            known = {"labels": labels, "mode": mode, "config": config, "params": params}
            wanted = {name: known[name] for name in fn_args(model_fn) if name in known}
            if labels is not None and "labels" not in wanted:
                raise ValueError("model_fn does not take labels, but input_fn returns labels.")
            tf_logging.info("Running %s on CPU", mode)
            spec = model_fn(features=features, **wanted)
            if isinstance(spec, TPUEstimatorSpec):
                spec = spec.as_estimator_spec()
            if not isinstance(spec, EstimatorSpec):
                raise ValueError("model_fn should return an EstimatorSpec.")
            if self._log_every is None:
                return spec
            folder = self.model_dir if config.save_summary_steps else None
            hook = _ExamplesPerSecondHook(size, every_n_steps=self._log_every, output_dir=folder)
            return spec._replace(training_hooks=(*spec.training_hooks, hook))

        return with_batch_size


def _log_interval(config: RunConfig) -> int | None:
    if config.log_step_count_steps is None:
        return None
    return math.ceil(config.log_step_count_steps / config.tpu_config.iterations_per_loop)


class CrossShardOptimizer(Optimizer):
    """An optimizer that averages gradients over the shards of a TPU; here there is one.

    Args:
      opt: what makes the steps.
      reduction: not used with one shard.
      name: of the optimizer.
      group_assignment: not used with one shard.
    """

    def __init__(
        self,
        opt: Optimizer,
        reduction: Any = None,
        name: str = "CrossShardOptimizer",
        group_assignment: Any = None,
    ) -> None:
        super().__init__(False, name)
        self._opt = opt

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Return pairs of a gradient and its variable."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Return the operation that changes the variables."""
        return self._opt.apply_gradients(grads_and_vars, global_step, name)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """Return a slot of a variable."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> Any:
        """Return the names of the slots."""
        return self._opt.get_slot_names(*args, **kwargs)

    def variables(self) -> Any:
        """Return the slots."""
        return self._opt.variables()
