"""Servers of both kinds for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tensormill.testing.server_process import ServerProcess
from tensormill.testing.tensorflow_servers import TensorFlowServer


@pytest.fixture(scope="module")
def tensorflow_server() -> Iterator[TensorFlowServer]:
    with TensorFlowServer() as server:
        yield server


@pytest.fixture(scope="module")
def tensormill_server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server
