"""Modules within `tf.contrib`, by their whole path."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("contrib.tensorboard.plugins.projector", "ProjectorConfig"),
        ("contrib.tensorboard.plugins.projector", "visualize_embeddings"),
        ("contrib.slim", "fully_connected"),
        ("contrib.rnn.python.ops.core_rnn_cell", "GRUCell"),
    ],
)
def test_a_name_is_found_by_its_path(path: str, name: str) -> None:
    assert callable(getattr(importlib.import_module(f"tensormill.{path}"), name))
