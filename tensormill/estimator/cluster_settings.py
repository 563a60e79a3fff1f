"""What the environment variable TF_CONFIG says of the cluster and of this task's place in it.

Source: TensorFlow Estimator 1.15, python/estimator/run_config.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensormill.distributed.cluster_spec import ClusterSpec

__all__ = ["ClusterSettings", "TaskType", "cluster_settings", "model_dir_of"]

_LOCAL_MASTER = ""
_NOTE = "Note that these values may be coming from the TF_CONFIG environment variable."


class TaskType:
    """The jobs of a cluster of estimators."""

    MASTER = "master"
    PS = "ps"
    WORKER = "worker"
    CHIEF = "chief"
    EVALUATOR = "evaluator"


@dataclass(frozen=True)
class ClusterSettings:
    """The cluster, and this task.

    Attributes:
      cluster_spec: the tasks; empty for a process that works alone.
      task_type: the job of this task.
      task_id: its number there.
      global_id_in_cluster: its number among all tasks; None for an evaluator.
      master: the target of its sessions.
      evaluation_master: the target of its sessions for evaluation.
      is_chief: whether it initializes and saves.
      num_ps_replicas: the number of parameter servers.
      num_worker_replicas: the number of workers, the chief among them.
      service: what the platform adds.
    """

    cluster_spec: ClusterSpec
    task_type: str
    task_id: int
    global_id_in_cluster: int | None
    master: str
    evaluation_master: str
    is_chief: bool
    num_ps_replicas: int
    num_worker_replicas: int
    service: Any


def cluster_settings(tf_config: Mapping[str, Any]) -> ClusterSettings:
    """Return what TF_CONFIG says.

    Args:
      tf_config: its content.

    Raises:
      ValueError: the cluster has no chief or several, or the task is not part of it.
      TypeError: `service` is no dict.
    """
    service = tf_config.get("service")
    if service is not None and not isinstance(service, dict):
        raise TypeError(
            f'If "service" is set in TF_CONFIG, it must be a dict. Given {type(service)}'
        )
    cluster = ClusterSpec(tf_config.get("cluster", {}))
    task = tf_config.get("task", {})
    if not cluster:
        return _alone(cluster, task, tf_config, service)
    has_master = TaskType.MASTER in cluster.jobs
    if has_master and TaskType.CHIEF in cluster.jobs:
        raise ValueError("If `master` node exists in `cluster`, job `chief` is not supported.")
    chief = TaskType.MASTER if has_master else TaskType.CHIEF
    task_type, task_id = _checked_task(cluster, task, chief)
    if task_type == TaskType.EVALUATOR:
        if has_master:
            raise ValueError(
                "If `master` node exists in `cluster`, task_type `evaluator` is not supported."
            )
        evaluation_master = tf_config.get("eval_session_master", _LOCAL_MASTER)
        return ClusterSettings(
            ClusterSpec({}),
            task_type,
            task_id,
            None,
            _LOCAL_MASTER,
            evaluation_master,
            False,
            0,
            0,
            service,
        )
    sizes = {job: len(cluster.job_tasks(job)) for job in cluster.jobs}
    return ClusterSettings(
        cluster_spec=cluster,
        task_type=task_type,
        task_id=task_id,
        global_id_in_cluster=_number_in_cluster(sizes, task_type, task_id, chief),
        master=_session_master(cluster, task_type, task_id, tf_config),
        evaluation_master=_LOCAL_MASTER,
        is_chief=task_type == chief,
        num_ps_replicas=sizes.get(TaskType.PS, 0),
        num_worker_replicas=sizes.get(TaskType.WORKER, 0) + sizes.get(chief, 0),
        service=service,
    )


def _alone(
    cluster: ClusterSpec, task: Mapping[str, Any], tf_config: Mapping[str, Any], service: Any
) -> ClusterSettings:
    task_type = task.get("type", TaskType.WORKER)
    if task_type != TaskType.WORKER:
        raise ValueError('If "cluster" is not set in TF_CONFIG, task type must be WORKER.')
    if int(task.get("index", 0)) != 0:
        raise ValueError('If "cluster" is not set in TF_CONFIG, task index must be 0.')
    return ClusterSettings(
        cluster,
        task_type,
        0,
        0,
        tf_config.get("session_master", _LOCAL_MASTER),
        tf_config.get("eval_session_master", _LOCAL_MASTER),
        True,
        0,
        1,
        service,
    )


def _checked_task(cluster: ClusterSpec, task: Mapping[str, Any], chief: str) -> tuple[str, int]:
    if chief not in cluster.jobs:
        raise ValueError(f'If "cluster" is set in TF_CONFIG, it must have one "{chief}" node.')
    if len(cluster.job_tasks(chief)) > 1:
        raise ValueError(f'The "cluster" in TF_CONFIG must have only one "{chief}" node.')
    task_type, given_id = task.get("type"), task.get("index")
    if not task_type:
        raise ValueError('If "cluster" is set in TF_CONFIG, task type must be set.')
    if given_id is None:
        raise ValueError('If "cluster" is set in TF_CONFIG, task index must be set.')
    task_id = int(given_id)
    if task_id < 0:
        raise ValueError("Task index must be non-negative number.")
    if task_type == TaskType.EVALUATOR:
        return task_type, task_id
    if task_type not in cluster.jobs:
        raise ValueError(
            f"{task_type} is not a valid task_type in the cluster_spec:\n{cluster}\n\n{_NOTE}"
        )
    if task_id >= len(cluster.job_tasks(task_type)):
        raise ValueError(
            f"{task_id} is not a valid task_id for task_type {task_type} in the cluster_spec:\n"
            f"{cluster}\n\n{_NOTE}"
        )
    return task_type, task_id


def _number_in_cluster(sizes: Mapping[str, int], task_type: str, task_id: int, chief: str) -> int:
    """Return the number of a task: the chief is the first, parameter servers are the last."""
    others = sorted(job for job in sizes if job not in (chief, TaskType.PS))
    order = [chief, *others, TaskType.PS]
    return sum(sizes[job] for job in order[: order.index(task_type)]) + task_id


def _session_master(
    cluster: ClusterSpec, task_type: str, task_id: int, tf_config: Mapping[str, Any]
) -> str:
    if "session_master" in tf_config:
        return str(tf_config["session_master"])
    if len(cluster.jobs) == 1 and len(cluster.job_tasks(cluster.jobs[0])) == 1:
        return _LOCAL_MASTER
    return f"grpc://{cluster.job_tasks(task_type)[task_id]}"


def model_dir_of(tf_config: Mapping[str, Any], model_dir: str | None) -> str | None:
    """Return the folder of the model, given by the program, by TF_CONFIG, or by both alike.

    Raises:
      ValueError: one of them is empty, or they differ.
    """
    if model_dir == "":
        raise ValueError("model_dir should be non-empty.")
    there: str | None = tf_config.get("model_dir")
    if there == "":
        raise ValueError("model_dir in TF_CONFIG should be non-empty.")
    if there and model_dir and there != model_dir:
        raise ValueError(
            "`model_dir` provided in RunConfig construct, if set, must have the same value as the "
            f'model_dir in TF_CONFIG. model_dir: {model_dir}\nTF_CONFIG["model_dir"]: {there}.\n'
        )
    return model_dir or there
