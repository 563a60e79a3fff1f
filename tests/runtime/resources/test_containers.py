"""`ResourceContainers`: which container holds what names none."""

from __future__ import annotations

from tensormill.graph import dtypes
from tensormill.runtime.resources.containers import ResourceContainers


def test_what_names_no_container_is_in_that_of_the_task() -> None:
    resources = ResourceContainers("worker")
    resources.staging_area("", "list", "node", 0, 0)
    resources.staging_area("", "map", "node", 0, 0, True)
    resources.barrier("", "barrier", "node", [dtypes.float32], [()])
    resources.mutex("", "mutex", "node")
    resources.variable("", "variable", dtypes.float32, ())
    assert {container for container, _, _, _ in resources.entries()} == {"worker"}
    resources.reset()
    assert resources.entries() == []
