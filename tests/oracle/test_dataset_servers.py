"""Datasets and iterators on servers of both kinds, used by clients of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle import dataset_cluster_programs, reader_cluster_programs
from tests.oracle.clusters import start_cluster

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(300)]

PROGRAMS = [
    (module, name)
    for module in (dataset_cluster_programs, reader_cluster_programs)
    for name in module.PROGRAMS
]


def _ask(oracle: Oracle, module: ModuleType, **arguments: Any) -> Any:
    source = Path(str(module.__file__)).read_text()
    call = ", ".join(f"{name}={name}" for name in arguments)
    return oracle.run(
        f"{source}\nresult = run_program(tf=tf, np=np, {call})", timeout_s=100, **arguments
    )


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, str]]:
    """The targets of the worker of a cluster of tensormill, and of one of TensorFlow."""
    with ExitStack() as stack:
        yield {
            kind: start_cluster(stack, kind, kind)["worker"]
            for kind in ("tensormill", "tensorflow")
        }


@pytest.mark.parametrize(
    ("module", "name"), PROGRAMS, ids=lambda value: getattr(value, "__name__", value)
)
def test_all_clients_and_servers_agree(
    module: ModuleType, name: str, targets: dict[str, str], oracle: Oracle, tmp_path: Path
) -> None:
    def ours(target: str) -> Any:
        return module.run_program(tf=tf, np=np, **arguments(target))

    def theirs(target: str) -> Any:
        return _ask(oracle, module, **arguments(target))

    def arguments(target: str) -> dict[str, str]:
        needs_files = module is reader_cluster_programs
        return {
            "name": name,
            "target": target,
            **({"folder": str(tmp_path)} if needs_files else {}),
        }

    expected = theirs(targets["tensorflow"])
    found = {
        "our client, our server": ours(targets["tensormill"]),
        "their client, our server": theirs(targets["tensormill"]),
        "our client, their server": ours(targets["tensorflow"]),
    }
    assert found == dict.fromkeys(found, expected)
