"""A short soak of queues (`make soak` runs a long one)."""

import pytest

from tests.soak.queues import soak


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_confirmed_elements_come_out_once_though_clients_are_killed():
    report = soak(seconds=4.0, kills=2)
    report.check()
    assert report.kills.total() == 2
