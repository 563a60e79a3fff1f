"""Addresses and flags of launched tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensormill.launching import cluster, ports
from tensormill.launching.job import TaskName


def test_each_task_gets_a_port_of_its_own() -> None:
    addresses = cluster.LocalAddresses.choose({"ps": 2, "worker": 3, "evaluator": 0})
    assert [str(task) for task in addresses.tasks()] == [
        "ps:0", "ps:1", "worker:0", "worker:1", "worker:2",
    ]  # fmt: skip
    assert len({addresses.address(task) for task in addresses.tasks()}) == 5


def test_a_task_is_told_its_place() -> None:
    addresses = cluster.LocalAddresses({"ps": ("h:1",), "worker": ("h:2", "h:3")})
    task = TaskName("worker", 1)
    assert json.loads(cluster.tf_config(addresses, task)) == {
        "cluster": {"ps": ["h:1"], "worker": ["h:2", "h:3"]},
        "task": {"type": "worker", "index": 1},
    }
    assert cluster.flags_for(addresses, task) == {
        "job_name": "worker", "task_index": "1", "ps_hosts": "h:1", "worker_hosts": "h:2,h:3",
    }  # fmt: skip


def test_flags_of_a_program_are_found(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "tf.app.flags.DEFINE_string('job_name', '', 'ps_hosts')\n"
        "flags.DEFINE_integer(name='task_index', default=0, help='')\n"
        "parser.add_argument('--worker-hosts')\n"
        "print('ps_hosts')\n"
    )
    names = ("job_name", "task_index", "worker_hosts", "other")
    assert cluster.flags_that(program, names) == {"job_name", "task_index", "worker_hosts"}
    program.write_text("def (")
    assert cluster.flags_that(program, names) == set()


def test_no_free_port_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoSocket:
        def __init__(self, *args: object) -> None:
            raise OSError(24, "Too many open files")

    monkeypatch.setattr(ports.socket, "socket", NoSocket)
    with pytest.raises(
        ports.NoFreePortError, match=r"no free port on 127\.0\.0\.1 for task 1 of 2"
    ):
        ports.free_ports(2)
