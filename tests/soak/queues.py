"""The soak of queues: four clients with 16 producers and 16 consumers, some of them killed.

Every element whose enqueue was confirmed comes out once, also where a consumer was killed while it
was on its way to it. What came out is what `Session.run` returned: the one thread of a process that
holds the interpreter when it is killed may be between that and its note of it. What may be there
unconfirmed is what a producer had in its hands.

Run it with `make soak`, or `python -m tests.soak.queues --minutes MINUTES`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import tensormill as tf
from tensormill.testing.server_process import ServerProcess
from tests.soak.queue_client import THREADS, Log, make_queue

__all__ = ["Report", "soak"]

ROOT = Path(__file__).parents[2]
_ROLES = ("produce", "consume", "produce", "consume")
_START_S = 600.0
_END_S = 180.0


@dataclass(slots=True)
class Report:
    """What came of a soak.

    Attributes:
      confirmed: elements of which a producer knows that they were in the queue.
      received: elements that a consumer got.
      lost: confirmed elements that no consumer got.
      unconfirmed: received elements that no producer knows of.
      twice: elements that came out more than once.
      kills: how often a process of each role was killed.
      exit_codes: of the processes that were not killed.
      memory_bytes: what the server held, from time to time.
      threads: how many threads the server had, from time to time.
    """

    confirmed: int = 0
    received: int = 0
    lost: int = 0
    unconfirmed: int = 0
    twice: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    exit_codes: list[int] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def check(self) -> None:
        """Raise AssertionError unless all is as it must be."""
        assert self.received > 0, self
        assert self.twice == 0, self
        assert self.lost <= self.kills["consume"], self
        assert self.unconfirmed <= THREADS * self.kills["produce"], self
        assert all(code == 0 for code in self.exit_codes), self
        early, late = self.memory_bytes[0], self.memory_bytes[-1]
        assert late < 1.2 * early + 30e6, self
        assert self.threads[-1] <= max(self.threads[: len(self.threads) // 2 + 1]) + 8, self


def _has_begun(log: Path) -> bool:
    with log.open("rb") as file:
        return any(file.read(8))


class _Clients:
    """The client processes, each with its log."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._count = 0
        self.running: list[tuple[str, subprocess.Popen[bytes], Path]] = []

    def start(self, role: str) -> None:
        log = self._folder / f"{role}-{self._count}"
        log.touch()
        first = str(1 + self._count * THREADS)
        command = [sys.executable, "-m", "tests.soak.queue_client", self._target, role, first]
        process = subprocess.Popen([*command, str(log)], cwd=ROOT)
        self.running.append((role, process, log))
        self._count += 1

    def wait_until_busy(self) -> None:
        """Return when every process has confirmed something."""
        pause = threading.Event()
        deadline_s = time.monotonic() + _START_S
        while not all(_has_begun(log) for _, _, log in self.running):
            assert time.monotonic() < deadline_s, "the clients do not get going"
            pause.wait(0.02)

    def kill_one(self) -> str:
        """Kill the oldest process and start another one in its place; return its role."""
        role, process, _ = self.running.pop(0)
        process.kill()
        process.wait()
        self.start(role)
        return role

    def end(self) -> list[int]:
        """Wait for the processes to end by themselves; return their exit codes."""
        return [process.wait(_END_S) for _, process, _ in self.running]

    def kill_all(self) -> None:
        for _, process, _ in self.running:
            process.kill()
            process.wait()

    def logged(self, role: str) -> Counter[int]:
        return Counter(number for log in self._folder.glob(f"{role}-*") for number in Log.read(log))


def _measure(process_id: int, report: Report) -> None:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            report.memory_bytes.append(1024 * int(value.split()[0]))
        elif name == "Threads":
            report.threads.append(int(value))


def soak(seconds: float, kills: int) -> Report:
    """Load a queue for a while, kill some clients, close the queue, and count what came out.

    Args:
      seconds: how long.
      kills: how many processes are killed meanwhile, producers and consumers in turn.
    """
    report = Report()
    pause = threading.Event()
    with ServerProcess() as server, tempfile.TemporaryDirectory() as folder:
        clients = _Clients(server.target, Path(folder))
        try:
            for role in _ROLES:
                clients.start(role)
            clients.wait_until_busy()
            _measure(server.process_id, report)
            for _ in range(kills):
                pause.wait(seconds / (kills + 1))
                report.kills[clients.kill_one()] += 1
                clients.wait_until_busy()
                _measure(server.process_id, report)
            pause.wait(seconds / (kills + 1))
            with tf.Graph().as_default(), tf.Session(server.target) as session:
                session.run(make_queue().close())
            report.exit_codes = clients.end()
            _measure(server.process_id, report)
        finally:
            clients.kill_all()
        confirmed, received = clients.logged("produce"), clients.logged("consume")
    report.confirmed, report.received = len(confirmed), len(received)
    report.lost = len(confirmed.keys() - received.keys())
    report.unconfirmed = len(received.keys() - confirmed.keys())
    report.twice = sum(count > 1 for count in received.values())
    return report


def main() -> None:
    """Soak for as long as the command line says, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = 60.0 * parser.parse_args().minutes
    report = soak(seconds, kills=max(2, int(seconds / 20)))
    sys.stdout.write(f"{report}\n")
    report.check()


if __name__ == "__main__":
    main()
