"""Sessions of several masters on the same tasks are kept apart."""

from __future__ import annotations

import itertools

import pytest

import tensormill as tf
from tensormill.runtime import master


def test_masters_of_several_processes_name_their_sessions_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = set()
    for _ in range(3):
        monkeypatch.setattr(master, "_session_numbers", itertools.count(1))  # another process
        with tf.Session() as session:
            names.add(session._master_session.handle)
    assert len(names) == 3
