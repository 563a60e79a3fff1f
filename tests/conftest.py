"""What every test gets: a fresh default graph, a check for leaks, and the oracle."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from tensormill.testing.oracle import Oracle, find_interpreter
from tests.processes import child_process_ids

# Threads that live as long as the process, whoever starts them first.
PROCESS_WIDE_THREADS = ("tensormill-process-",)
# How long a thread or process that is on its way out may take.
LEAK_GRACE_S = 20.0
# TensorFlow takes its time to start, more so where several processes share a core.
ORACLE_TIMEOUT_S = 300.0

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_oracle_key = pytest.StashKey[Oracle]()


def pytest_configure() -> None:
    # What is started in the background may ignore interrupts, and so would all that it starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("oracle") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(ORACLE_TIMEOUT_S))
    if find_interpreter() is not None or os.environ.get("TENSORMILL_REQUIRE_ORACLE") == "1":
        return
    for item in items:
        if item.get_closest_marker("oracle"):
            item.add_marker(pytest.mark.skip(reason="no environment with TensorFlow: make oracle"))


@pytest.fixture(scope="session")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """Real TensorFlow, one process for the whole run."""
    with Oracle(timeout_s=ORACLE_TIMEOUT_S - 20.0) as oracle:
        request.config.stash[_oracle_key] = oracle
        yield oracle


def describe_process(process_id: int) -> str:
    try:
        words = Path(f"/proc/{process_id}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return str(process_id)
    return f"{process_id} ({words.decode(errors='replace')[:200].strip()})"


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide all GPUs from a test that says what a machine without one does, and what it starts."""
    monkeypatch.delenv("TENSORMILL_EMULATED_GPUS", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a process behind."""
    threads_before = set(threading.enumerate())
    processes_before = child_process_ids()
    yield

    deadline_s = time.monotonic() + LEAK_GRACE_S
    leaked_threads = [
        thread
        for thread in threading.enumerate()
        if thread not in threads_before and not thread.name.startswith(PROCESS_WIDE_THREADS)
    ]
    for thread in leaked_threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
    leaked = [f"thread {thread.name!r}" for thread in leaked_threads if thread.is_alive()]

    oracle = request.config.stash.get(_oracle_key, None)
    allowed = processes_before | ({oracle.process_id} if oracle is not None else set())
    pause = threading.Event()
    while child_process_ids() - allowed and time.monotonic() < deadline_s:
        pause.wait(0.05)
    leaked += [
        f"process {describe_process(process_id)}"
        for process_id in sorted(child_process_ids() - allowed)
    ]
    if leaked:
        pytest.fail("the test left behind: " + "; ".join(leaked), pytrace=False)


@pytest.fixture(autouse=True)
def fresh_default_graph() -> None:
    """Give each test an empty default graph, once the public API is loaded."""
    api = sys.modules.get("tensormill.api")
    if api is not None:
        api.reset_default_graph()


@pytest.fixture(autouse=True)
def log_stays_as_it_is() -> Iterator[None]:
    """Let no test change what later tests log."""
    logger = logging.getLogger("tensorflow")
    level, is_disabled = logger.level, logger.disabled
    yield
    logger.setLevel(level)
    logger.disabled = is_disabled
