"""What tests of clusters share."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tensormill.distributed.direct_frames import FrameSocket


@pytest.fixture
def direct_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tasks and clients use direct connections, for a test that is about these."""
    monkeypatch.setenv("TENSORMILL_LANE", "direct")


@pytest.fixture
def ends() -> Iterator[tuple[FrameSocket, FrameSocket]]:
    """Both ends of a connection of frames."""
    one, other = (FrameSocket(s, 1 << 40) for s in socket.socketpair(socket.AF_UNIX))
    yield one, other
    one.close()
    other.close()
