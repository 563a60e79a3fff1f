"""Datasets and iterators on servers of both kinds, used by clients of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import dataset_cluster_programs
from tests.oracle.test_mixed_clusters import start_cluster

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(300)]

SOURCE = Path(dataset_cluster_programs.__file__).read_text()
PROGRAMS = list(dataset_cluster_programs.PROGRAMS)


def _ask(oracle: Oracle, name: str, target: str) -> Any:
    return oracle.run(
        f"{SOURCE}\nresult = run_program(name, tf, np, target)",
        name=name,
        target=target,
        timeout_s=100,
    )


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, str]]:
    """The targets of the worker of a cluster of tensormill, and of one of TensorFlow."""
    with ExitStack() as stack:
        yield {
            kind: start_cluster(stack, kind, kind)["worker"]
            for kind in ("tensormill", "tensorflow")
        }


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_clients_and_servers_agree(name: str, targets: dict[str, str], oracle: Oracle) -> None:
    expected = _ask(oracle, name, targets["tensorflow"])
    found = {
        "our client, our server": dataset_cluster_programs.run_program(
            name, tf, np, targets["tensormill"]
        ),
        "their client, our server": _ask(oracle, name, targets["tensormill"]),
        "our client, their server": dataset_cluster_programs.run_program(
            name, tf, np, targets["tensorflow"]
        ),
    }
    assert found == dict.fromkeys(found, expected)
