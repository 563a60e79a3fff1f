"""`tf.logging`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

import tensormill as tf


def records(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in caplog.records]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    logger = tf.logging.get_logger()
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


def test_verbosity_decides_what_is_logged(log: pytest.LogCaptureFixture) -> None:
    log.clear()
    tf.logging.set_verbosity(tf.logging.WARN)
    tf.logging.info("no")
    tf.logging.warn("a %d", 1)
    tf.logging.set_verbosity(tf.logging.INFO)
    tf.logging.info("b")
    tf.logging.debug("no")
    tf.logging.error("c")
    tf.logging.fatal("d")
    tf.logging.log(tf.logging.INFO, "e")
    seen = dict.fromkeys(records(log))
    assert list(seen) == [
        (logging.WARNING, "a 1"),
        (logging.INFO, "b"),
        (logging.ERROR, "c"),
        (logging.FATAL, "d"),
        (logging.INFO, "e"),
    ]


def test_a_record_names_the_line_of_the_program(log: pytest.LogCaptureFixture) -> None:
    tf.logging.error("here")
    assert log.records[-1].pathname == __file__


def test_every_nth_and_the_first_n_are_logged(log: pytest.LogCaptureFixture) -> None:
    log.clear()
    for number in range(5):
        tf.logging.log_every_n(tf.logging.ERROR, "every %d", 2, number)
        tf.logging.log_first_n(tf.logging.ERROR, "first %d", 1, number)
        tf.logging.log_if(tf.logging.ERROR, "if %d", number == 3, number)
    seen = list(dict.fromkeys(text for _, text in records(log)))
    assert seen == ["every 0", "first 0", "every 2", "if 3", "every 4"]


def test_the_logger_is_that_of_tensorflow_programs() -> None:
    assert tf.logging.get_logger().name == "tensorflow"
