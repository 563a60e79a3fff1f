"""`tf.train.ClusterSpec`. Texts and forms are TensorFlow 1.15's."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill as tf

DENSE = {"ps": ["h0:1", "h1:1"], "worker": ["h2:1"]}
SPARSE = {"worker": {1: "h1:1", 3: "h3:1"}}


def test_jobs_are_lists_of_addresses() -> None:
    cluster = tf.train.ClusterSpec(DENSE)
    assert cluster.jobs == ["ps", "worker"]
    assert cluster.num_tasks("ps") == 2
    assert cluster.task_indices("ps") == [0, 1]
    assert cluster.task_address("ps", 1) == "h1:1"
    assert cluster.job_tasks("ps") == ["h0:1", "h1:1"]
    assert cluster.as_dict() == DENSE


def test_indices_may_be_left_out() -> None:
    cluster = tf.train.ClusterSpec(SPARSE)
    assert cluster.num_tasks("worker") == 2
    assert cluster.task_indices("worker") == [1, 3]
    assert cluster.job_tasks("worker") == [None, "h1:1", None, "h3:1"]
    assert cluster.as_dict() == SPARSE


@pytest.mark.parametrize("spec", [DENSE, SPARSE, {"empty": []}, {}])
def test_messages_and_specs_say_the_same(spec: dict[str, Any]) -> None:
    cluster = tf.train.ClusterSpec(spec)
    assert tf.train.ClusterSpec(cluster.as_cluster_def()) == cluster
    assert tf.train.ClusterSpec(cluster) == cluster
    assert bool(cluster) == bool(spec)


def test_jobs_are_shown_in_the_order_of_their_names() -> None:
    cluster = tf.train.ClusterSpec({"b": ["h:1"], "a": {2: "h:2"}})
    assert repr(cluster) == "ClusterSpec({'a': {2: 'h:2'}, 'b': ['h:1']})"
    assert [job.name for job in cluster.as_cluster_def().job] == ["a", "b"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (["h:1"], "`cluster` must be a dictionary mapping one or more job names"),
        ({"ps": "h:1"}, "The tasks for job 'ps' must be a list or a dictionary"),
        ({"ps": [1]}, "Task address 1 must be bytes or unicode"),
        ({1: ["h:1"]}, "Job name 1 must be bytes or unicode"),
    ],
)
def test_what_is_no_cluster_is_a_type_error(spec: Any, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        tf.train.ClusterSpec(spec)
    assert str(caught.value).startswith(text)


def test_unknown_jobs_and_tasks_are_value_errors() -> None:
    cluster = tf.train.ClusterSpec(DENSE)
    for ask in (cluster.num_tasks, cluster.task_indices, cluster.job_tasks):
        with pytest.raises(ValueError, match="No such job in cluster: 'chief'"):
            ask("chief")
    with pytest.raises(ValueError, match="No task with index 7 in job 'ps'"):
        cluster.task_address("ps", 7)


def test_a_cluster_is_made_of_messages() -> None:
    job = tf.train.JobDef(name="ps", tasks={0: "a:1", 2: "b:2"})
    spec = tf.train.ClusterSpec(tf.train.ClusterDef(job=[job]))
    assert spec.as_dict() == {"ps": {0: "a:1", 2: "b:2"}}
    assert list(spec.as_cluster_def().job) == [job]
