"""`tensormill server`: run one task of a cluster until it is told to end."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import tensormill
from tensormill.cli.command import Command
from tensormill.graph.errors import OpError

_ENVIRONMENT = "TF_CONFIG"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill server`."""
    parser.add_argument(
        "--cluster",
        metavar="JSON",
        help='the jobs with their addresses, such as \'{"ps": ["10.0.0.1:2222"]}\'; a name after '
        f"an @ is a file that holds them. By default what {_ENVIRONMENT} says",
    )
    parser.add_argument("--job", help="the job of this task")
    parser.add_argument("--task", type=int, help="its number in the job")


class _Unusable(Exception):
    """The arguments do not say which task of which cluster to run."""


def _read_json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _Unusable(f"{what} is no JSON: {error}") from error


def _asked_for(options: argparse.Namespace) -> tuple[Any, str | None, int | None]:
    """Return the cluster, the job and the task that the arguments and the environment name."""
    environment = os.environ.get(_ENVIRONMENT, "").strip()
    config = _read_json(environment, _ENVIRONMENT) if environment else {}
    if not isinstance(config, dict):
        raise _Unusable(f"{_ENVIRONMENT} must be a JSON object, but is {environment!r}")
    if options.cluster is None:
        cluster = config.get("cluster")
    else:
        text = options.cluster
        if text.startswith("@"):
            try:
                text = Path(text[1:]).read_text()
            except OSError as error:
                raise _Unusable(f"the cluster cannot be read: {error}") from error
        cluster = _read_json(text, "the cluster")
    if not cluster:
        raise _Unusable(f"no cluster: give --cluster, or set {_ENVIRONMENT}")
    task = config.get("task") or {}
    if not isinstance(task, dict):
        raise _Unusable(f"the task in {_ENVIRONMENT} must be a JSON object, but is {task!r}")
    job = task.get("type") if options.job is None else options.job
    index = task.get("index") if options.task is None else options.task
    return cluster, job, None if index is None else int(index)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C comes, or the job is over; return the exit status."""
    try:
        cluster, job, task = _asked_for(options)
        server = tensormill.train.Server(cluster, job_name=job, task_index=task)
    except (_Unusable, TypeError, ValueError, OpError) as error:
        print(f"tensormill server: {error}", file=sys.stderr)
        return 2
    previous = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGINT)}
    status = 0
    try:
        definition = server.server_def
        name = f"/job:{definition.job_name}/replica:0/task:{definition.task_index}"
        print(f"{name} listens at {server.target}", flush=True)
        server.join()
    except _Told as told:
        status = 130 if told.number == signal.SIGINT else 0
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        server.stop()
    return status


class _Told(Exception):
    """A signal told the server to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _end(number: int, frame: FrameType | None) -> None:
    raise _Told(number)


COMMAND = Command("server", "run one task of a cluster", configure, run, True)
