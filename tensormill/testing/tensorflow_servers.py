"""Real TensorFlow servers for tests, one process a task."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from tensormill.launching.ports import free_addresses
from tensormill.testing.oracle import Oracle

__all__ = ["TensorFlowServer", "free_addresses"]

_START_SERVER = """
import sys
server = tf.train.Server(cluster, job_name=job, task_index=task, protocol="grpc", config=config)
sys.modules["_tensormill_server"] = server  # lives as long as the process
result = server.target
"""


class TensorFlowServer:
    """One task of a cluster, served by real TensorFlow in a process of its own.

    Attributes:
      target: of its master, such as "grpc://127.0.0.1:43211".
    """

    def __init__(
        self,
        cluster: Mapping[str, Iterable[str]] | None = None,
        job: str = "localhost",
        task: int = 0,
    ) -> None:
        """Say which task; a cluster of its own where none is given."""
        own = {"localhost": free_addresses(1)} if cluster is None else cluster
        self._cluster = {name: list(addresses) for name, addresses in own.items()}
        self._job = job
        self._task = task
        self._oracle = Oracle()
        self.target = ""

    def __enter__(self) -> Self:
        """Start the process and the server."""
        self._oracle.__enter__()
        try:
            self.target = self.run(
                _START_SERVER, cluster=self._cluster, job=self._job, task=self._task, config=None
            )
        except BaseException:
            self._oracle.close()
            raise
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process and wait for it."""
        self._oracle.close()

    @property
    def process_id(self) -> int | None:
        """The process of the server."""
        return self._oracle.process_id

    def run(self, source: str, *, timeout_s: float | None = None, **inputs: Any) -> Any:
        """Execute a source in the process of the server, as `Oracle.run` does."""
        return self._oracle.run(source, timeout_s=timeout_s, **inputs)
