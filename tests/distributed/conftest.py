"""What tests of clusters share."""

from __future__ import annotations

import pytest


@pytest.fixture
def direct_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tasks and clients use direct connections, for a test that is about these."""
    monkeypatch.setenv("TENSORMILL_LANE", "direct")
