"""What every test of Keras gets: a session of its own."""

from collections.abc import Iterator

import pytest

import tensormill as tf


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    """Begin with a new session and new names of layers, and leave none behind."""
    tf.keras.backend.clear_session()
    yield
    tf.keras.backend.clear_session()
