"""A cluster of a `ps` and a `worker` of both kinds gives what TensorFlow gives with itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import cluster_programs
from tests.oracle.clusters import start_cluster

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(300)]

SOURCE = Path(cluster_programs.__file__).read_text()


@pytest.fixture(scope="module")
def expected(oracle: Oracle) -> Iterator[Any]:
    """What TensorFlow gives with itself, by program."""
    answers: dict[str, Any] = {}
    with ExitStack() as stack:
        targets = start_cluster(stack, "tensorflow", "tensorflow")

        def ask(name: str) -> Any:
            if name not in answers:
                answers[name] = run_with_tensorflow(oracle, name, targets["worker"])
            return answers[name]

        yield ask


@pytest.fixture(
    scope="module",
    params=[("tensorflow", "tensormill"), ("tensormill", "tensorflow"), ("tensormill",) * 2],
    ids=lambda kinds: f"ps of {kinds[0]}, worker of {kinds[1]}",
)
def targets(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield start_cluster(stack, *request.param)


def run_with_tensorflow(oracle: Oracle, name: str, target: str) -> Any:
    return oracle.run(
        f"{SOURCE}\nresult = run_program(name, tf, np, target)",
        name=name,
        target=target,
        timeout_s=100,
    )


@pytest.mark.parametrize("master", ["ps", "worker"])
@pytest.mark.parametrize("name", cluster_programs.PROGRAMS)
def test_a_program_gives_what_it_gives_with_tensorflow(
    name: str, master: str, targets: dict[str, str], expected: Any
) -> None:
    ours = cluster_programs.run_program(name, tf, np, targets[master])
    assert ours == expected(name)


@pytest.mark.parametrize("master", ["ps", "worker"])
@pytest.mark.parametrize("name", cluster_programs.PROGRAMS)
def test_a_program_of_tensorflows_client_gives_the_same(
    name: str, master: str, targets: dict[str, str], expected: Any, oracle: Oracle
) -> None:
    assert run_with_tensorflow(oracle, name, targets[master]) == expected(name)
