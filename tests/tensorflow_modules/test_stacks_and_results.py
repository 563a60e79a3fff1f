"""`tf_stack` and `tf_should_use` of `tensorflow.python.util`."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

import tensormill as tf
from tensormill.functional.defun import Defun
from tensormill.graph import tf_logging
from tensormill.python.util import tf_should_use, tf_stack


def test_a_stack_has_the_frames_of_the_callers() -> None:
    ours, theirs = tf_stack.extract_stack(), traceback.extract_stack()
    rows = tf_stack.convert_stack(ours)
    assert rows[-5:] == tuple((f.filename, f.lineno, f.name, f.line) for f in theirs[-5:])
    assert len(tf_stack.extract_stack(limit=2)) == 2
    (row,) = tf_stack.convert_stack(tf_stack.extract_stack(limit=1), True)
    assert row[4] == test_a_stack_has_the_frames_of_the_callers.__code__.co_firstlineno


def _called() -> Any:
    return tf_stack.extract_stack()


def test_frames_of_a_module_are_left_out_but_for_the_innermost() -> None:
    with tf_stack.CurrentModuleFilter(), tf_stack.CurrentModuleFilter():
        stack = _called()
    assert [frame.filename for frame in stack].count(__file__) == 1
    assert stack[-1].name == "_called"
    assert [frame.name for frame in _called()][-2] == (
        "test_frames_of_a_module_are_left_out_but_for_the_innermost"
    )


class _Mapper(tf_stack.StackTraceMapper):  # type: ignore[misc, name-defined]
    def get_effective_source_map(self) -> Any:
        line = _called.__code__.co_firstlineno + 1
        return {(__file__, line): ("original.py", 7, "written")}


def test_places_of_source_code_are_mapped() -> None:
    with _Mapper():
        assert _called()[-1][:3] == ("original.py", 7, "written")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    log = mock.Mock()
    monkeypatch.setattr(tf_logging, "error", log.error)
    monkeypatch.setattr(tf_logging, "fatal", log.fatal)
    return log


def test_a_result_that_nobody_uses_is_logged(logged: mock.Mock) -> None:
    made = tf_should_use._add_should_use_warning(tf.constant(0, name="unused"))
    del made
    gc.collect()
    (text,) = logged.error.call_args[0]
    assert "Object was never used" in text
    assert "unused:0" in text
    assert "test_a_result_that_nobody_uses_is_logged" in text


@pytest.mark.parametrize(
    "use", [lambda t: t + 1, lambda t: t.name, lambda t: t.mark_used(), tf.identity]
)
def test_a_result_that_is_used_is_not_logged(logged: mock.Mock, use: Callable[[Any], Any]) -> None:
    made = tf_should_use._add_should_use_warning(tf.constant(0))
    assert isinstance(made, tf.Tensor)
    use(made)
    del made
    gc.collect()
    logged.error.assert_not_called()


def test_functions_are_marked_whose_results_are_to_be_used(logged: mock.Mock) -> None:
    @tf_should_use.must_use_result_or_fatal
    def made() -> Any:
        """Return a constant."""
        return tf.constant(2.0)

    @tf_should_use.should_use_result
    def nothing() -> Any:
        return None

    made()
    gc.collect()
    logged.fatal.assert_called_once()
    assert nothing() is None
    assert "must be used" in str(made.__doc__)
    with tf.Session() as session:
        assert session.run(made() + 1.0) == 3.0


def test_results_in_the_body_of_a_function_are_not_watched(logged: mock.Mock) -> None:
    watched = tf_should_use.should_use_result(tf.constant)

    @Defun()
    def function() -> Any:
        watched(1.0)
        return tf.constant(2.0)

    function()
    gc.collect()
    logged.error.assert_not_called()
