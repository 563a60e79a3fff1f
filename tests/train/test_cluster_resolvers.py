"""Who is in a cluster, from what started the program."""

from __future__ import annotations

import json
import os

import pytest

import tensormill as tf

resolvers = tf.contrib.cluster_resolver


def _simple(jobs: object, **told: object) -> object:
    return resolvers.SimpleClusterResolver(tf.train.ClusterSpec(jobs), **told)


def test_a_simple_resolver_says_what_it_was_told() -> None:
    resolver = _simple(
        {"ps": ["a:1"], "worker": ["b:1", "c:1"]}, master="b:1", task_type="worker", task_id=0,
        num_accelerators={"GPU": 4}, rpc_layer="grpc",
    )  # fmt: skip
    assert resolver.cluster_spec().num_tasks("worker") == 2
    assert resolver.master() == "grpc://b:1"
    assert resolver.master("worker", 1, rpc_layer="other") == "other://c:1"
    assert (resolver.task_type, resolver.task_id) == ("worker", 0)
    assert resolver.num_accelerators() == {"GPU": 4}
    assert tf.distribute.cluster_resolver.SimpleClusterResolver is type(resolver)
    with pytest.raises(TypeError, match="cluster_spec must be a ClusterSpec"):
        resolvers.SimpleClusterResolver({"ps": ["a:1"]})


def test_resolvers_are_joined() -> None:
    lists = resolvers.UnionClusterResolver(
        _simple({"worker": ["a:1"]}, task_type="worker", task_id=7, master="a:1"),
        _simple({"worker": ["b:1"], "ps": {3: "c:1"}}),
        rpc_layer="grpc",
    )
    assert lists.cluster_spec().as_dict() == {"worker": ["a:1", "b:1"], "ps": {3: "c:1"}}
    assert (lists.task_type, lists.task_id, lists.master("worker", 1)) == (
        "worker", 7, "grpc://b:1",
    )  # fmt: skip
    numbered = resolvers.UnionClusterResolver(
        _simple({"worker": {2: "a:1"}}), _simple({"worker": ["b:1"]})
    )
    assert numbered.cluster_spec().as_dict() == {"worker": {0: "b:1", 2: "a:1"}}
    twice = resolvers.UnionClusterResolver(
        _simple({"worker": {0: "a:1", 2: "d:1"}}), _simple({"worker": ["b:1"]})
    )
    with pytest.raises(KeyError, match="Duplicate keys"):
        twice.cluster_spec()
    with pytest.raises(ValueError, match="At least one"):
        resolvers.UnionClusterResolver()


def test_the_environment_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    resolver = resolvers.TFConfigClusterResolver()
    assert (resolver.master(), resolver.task_type, resolver.task_id) == ("", None, None)
    assert resolver.cluster_spec().as_dict() == {}
    told = {
        "cluster": {"ps": ["a:1"], "worker": ["b:1", "c:1"]},
        "task": {"type": "worker", "index": "1"},
        "rpc_layer": "grpc",
    }
    monkeypatch.setenv("TF_CONFIG", json.dumps(told))
    assert (resolver.task_type, resolver.task_id) == ("worker", 1)
    assert resolver.master() == "grpc://c:1"
    assert resolver.master("ps", 0) == "grpc://a:1"
    monkeypatch.setenv("TF_CONFIG", json.dumps({**told, "session_master": "grpc://d:1"}))
    assert resolver.master() == "grpc://d:1"


def test_devices_of_a_task_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    config = tf.ConfigProto(device_count={"CPU": 2, "GPU": 0})
    found = resolvers.TFConfigClusterResolver().num_accelerators(config_proto=config)
    assert found["CPU"] == 2
    assert found["GPU"] == 0


def test_jobs_are_spread_over_the_tasks_of_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMPI_COMM_WORLD_RANK", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for name, value in (("PROCID", 3), ("NTASKS", 4), ("NTASKS_PER_NODE", 2)):
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    slurm = resolvers.SlurmClusterResolver
    monkeypatch.setattr(slurm, "_resolve_hostnames", lambda self: ["h0", "h1"])
    resolver = slurm({"worker": 3, "ps": 1}, gpus_per_node=4, gpus_per_task=2)
    assert resolver.master() == ""
    assert resolver.cluster_spec().as_dict() == {
        "ps": ["h0:8888"], "worker": ["h0:8889", "h1:8888", "h1:8889"],
    }  # fmt: skip
    assert resolver.get_task_info() == ("worker", 2)
    assert resolver.master("ps", 0) == "grpc://h0:8888"

    assert os.environ["CUDA_VISIBLE_DEVICES"] == "2,3"
    with pytest.raises(RuntimeError, match="Requested more tasks"):
        slurm({"worker": 3}, gpus_per_node=4)
    with pytest.raises(RuntimeError, match="Requested more GPUs"):
        slurm({"worker": 4})
