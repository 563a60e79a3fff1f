"""`tf.contrib.learn.RunConfig`: as `tf.estimator.RunConfig`, with other arguments.

Source: TensorFlow 1.15, contrib/learn/python/learn/estimators/run_config.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto, GPUOptions

from tensormill.estimator import run_config

__all__ = ["RunConfig"]

_DEFAULT_SAVE_SECS = 600


class RunConfig(run_config.RunConfig):
    """How an estimator runs.

    Args:
      master: the target of the sessions; by default as TF_CONFIG says.
      num_cores: the number of threads of a session, 0 for as many as there are cores.
      log_device_placement: whether sessions log where operations are.
      gpu_memory_fraction: which part of a GPU's memory to use.
      tf_random_seed: the seed of the graphs.
      save_summary_steps: write summaries every so many steps.
      save_checkpoints_secs: save every so many seconds.
      save_checkpoints_steps: save every so many steps instead.
      keep_checkpoint_max: how many checkpoints to keep.
      keep_checkpoint_every_n_hours: how often to keep one for good.
      log_step_count_steps: tell the speed every so many steps.
      protocol: of the servers.
      evaluation_master: the target of the sessions of evaluations.
      model_dir: the folder of checkpoints and events.
      session_config: a ConfigProto, instead of the first arguments.
    """

    def __init__(
        self,
        master: str | None = None,
        num_cores: int = 0,
        log_device_placement: bool = False,
        gpu_memory_fraction: float = 1,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_secs: Any = _DEFAULT_SAVE_SECS,
        save_checkpoints_steps: int | None = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        protocol: str | None = None,
        evaluation_master: str = "",
        model_dir: Any = None,
        session_config: Any = None,
    ) -> None:
        super().__init__(
            model_dir=model_dir,
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_secs=None if save_checkpoints_steps else save_checkpoints_secs,
            save_checkpoints_steps=save_checkpoints_steps,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            protocol=protocol,
        )
        self._tf_config = ConfigProto(
            log_device_placement=log_device_placement,
            inter_op_parallelism_threads=num_cores,
            intra_op_parallelism_threads=num_cores,
            gpu_options=GPUOptions(per_process_gpu_memory_fraction=gpu_memory_fraction),
        )
        if master is not None:
            self._master = master
        if evaluation_master:
            self._evaluation_master = evaluation_master

    def uid(self, whitelist: Any = None) -> str:
        """Return a text that says how the config is set, apart from the folder."""
        left_out = {"_model_dir", *(f"_{name}" for name in whitelist or ())}
        return ", ".join(
            f"{name}={value!r}"
            for name, value in sorted(vars(self).items())
            if name not in left_out
        )
