"""The notebook "Distributing devices across multiple servers" up to its queues, as it is written.

Only the ports are others, which the system chooses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.clusters import free_addresses
from tests.examples.notebook import Cell, Notebook
from tests.gates import WAIT_S

WRITTEN = [f"127.0.0.1:{port}" for port in range(2221, 2226)]

IMPORT = Cell("import tensormill as tf")
CLUSTER = Cell(
    """
cluster_spec = tf.train.ClusterSpec({
    'ps': [
        '127.0.0.1:2221',
        '127.0.0.1:2222',
    ],
    'worker': [
        '127.0.0.1:2223',
        '127.0.0.1:2224',
        '127.0.0.1:2225',
    ],
})
"""
)
SERVERS = Cell(
    """
ps0 = tf.train.Server(cluster_spec, job_name='ps', task_index=0)
ps1 = tf.train.Server(cluster_spec, job_name='ps', task_index=1)
worker0 = tf.train.Server(cluster_spec, job_name='worker', task_index=0)
worker1 = tf.train.Server(cluster_spec, job_name='worker', task_index=1)
worker2 = tf.train.Server(cluster_spec, job_name='worker', task_index=2)
"""
)
STOP = Cell("for server in (ps0, ps1, worker0, worker1, worker2): server.stop()")
SESSIONS = [
    Cell(
        """
a = tf.constant(1.0)
b = a + 2
c = b * 3

with tf.Session('grpc://127.0.0.1:2223') as sess:
  print(c.eval())
""",
        "9.0\n",
    ),
    Cell(
        """
tf.reset_default_graph()

# This block pins `a` to task 0 of the `ps` job's CPU.
with tf.device('/job:ps/task:0/cpu:0'):
  a = tf.constant(1.0)

# This block pins `b` to task 1 of the `worker` job's GPU.
with tf.device('/job:worker/task:1/gpu:0'):
  b = a + 2

c = a + b

with tf.Session('grpc://127.0.0.1:2225') as sess:
  print(c.eval())
""",
        "4.0\n",
    ),
    Cell(
        """
tf.reset_default_graph()

with tf.device(tf.train.replica_device_setter(ps_tasks=2)):
  v1 = tf.Variable(1.0) # pinned to /job:ps/task:0
  v2 = tf.Variable(2.0) # pinned to /job:ps/task:1
  v3 = tf.Variable(3.0) # pinned to /job:ps/task:0
  v4 = tf.Variable(4.0) # pinned to /job:ps/task:1
  v5 = tf.Variable(5.0) # pinned to /job:ps/task:0
"""
    ),
    Cell(
        """
tf.reset_default_graph()

with tf.device(tf.train.replica_device_setter(ps_tasks=2, ps_device='/job:ps',
                                              worker_device='/job:worker')):
  v1 = tf.Variable(1.0) # pinned to /job:ps/task:0
  v2 = tf.Variable(2.0) # pinned to /job:ps/task:1
  v3 = tf.Variable(3.0) # pinned to /job:ps/task:0

  s = v1 + v2 # pinned to /job:worker/task:0/cpu:0

  with tf.device('/gpu:0'):
    p1 = 2 * s # pinned to /job:worker/task:0/gpu:0

    with tf.device('/task:1'):
      p2 = 3 * s # pinned to /job:worker/task:1/cpu:0

with tf.Session('grpc://127.0.0.1:2221') as sess:
  v1.initializer.run()
  v2.initializer.run()
  print(s.eval())
  print(p1.eval())
  print(p2.eval())
""",
        "3.0\n6.0\n9.0\n",
    ),
    Cell(
        """
tf.reset_default_graph()

x = tf.Variable(0.0, name='x')
increment_x = tf.assign(x, x + 1)
"""
    ),
    Cell(
        """
with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(x.initializer)
  sess.run(increment_x)
  print(x.eval())
""",
        "1.0\n",
    ),
    Cell(
        """
with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(increment_x)
  print(x.eval())
""",
        "2.0\n",
    ),
    Cell(
        """
tf.reset_default_graph()

with tf.variable_scope('problem_1'):
  x1 = tf.Variable(0.0, name='x')
  increment_x1 = tf.assign(x1, x1 + 1)

with tf.variable_scope('problem_2'):
  x2 = tf.Variable(0.0, name='x')
  increment_x2 = tf.assign(x2, x2 + 1)
"""
    ),
    Cell(
        """
with tf.Session('grpc://127.0.0.1:2222') as sess:
  x1.initializer.run()
  print(increment_x1.eval())

with tf.Session('grpc://127.0.0.1:2222') as sess:
  x2.initializer.run()
  print(increment_x2.eval())
""",
        "1.0\n1.0\n",
    ),
    Cell("tf.Session.reset('grpc://127.0.0.1:2222', ['problem_1'])"),
]


def with_addresses(code: str, addresses: list[str]) -> str:
    for written, address in zip(WRITTEN, addresses, strict=True):
        code = code.replace(written, address)
    return code


@contextmanager
def server_processes(addresses: list[str]) -> Iterator[list[int]]:
    """Run the five servers, each in a process of its own; yield their process ids."""
    cluster = json.dumps({"ps": addresses[:2], "worker": addresses[2:]})
    with ExitStack() as stack:
        processes = []
        for job, task in (("ps", 0), ("ps", 1), ("worker", 0), ("worker", 1), ("worker", 2)):
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tensormill", "server", "--cluster", cluster),
                    *("--job", job, "--task", str(task)),
                ],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            stack.callback(process.communicate)
            stack.callback(process.terminate)
            processes.append(process)
        for process in processes:
            assert process.stdout is not None
            assert " listens at grpc://" in process.stdout.readline()
        yield [process.pid for process in processes]
        for process in processes:
            process.terminate()
        assert [process.wait(WAIT_S) for process in processes] == [0] * 5


def listening_addresses(process_id: int) -> set[str]:
    """Return the addresses at which a process listens, in the form of the kernel's tables."""
    sockets = set()
    for link in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            sockets.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue  # closed meanwhile
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in sockets:
                found.add(words[1].partition(":")[0])
    return found


@pytest.fixture
def emulated_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")


LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.mark.usefixtures("emulated_gpu")
def test_the_notebook_shows_with_its_servers_in_one_process_what_it_shows() -> None:
    addresses = free_addresses(5)
    notebook = Notebook()
    for cell in (IMPORT, CLUSTER, SERVERS):
        notebook.run(with_addresses(cell.code, addresses))
    try:
        for cell in SESSIONS:
            assert notebook.run(with_addresses(cell.code, addresses)) == cell.shown
        assert listening_addresses(os.getpid()) <= LOOPBACK
    finally:
        notebook.run(STOP.code)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("emulated_gpu")
def test_the_notebook_shows_with_its_servers_in_five_processes_what_it_shows() -> None:
    addresses = free_addresses(5)
    with server_processes(addresses) as process_ids:
        notebook = Notebook()
        notebook.run(IMPORT.code)
        for cell in SESSIONS:
            assert notebook.run(with_addresses(cell.code, addresses)) == cell.shown
        for process_id in process_ids:
            assert listening_addresses(process_id)
            assert listening_addresses(process_id) <= LOOPBACK
