"""What functions are called, and small things of `tensorflow.python.util`."""

import functools
import threading
import unittest
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.util import (
    decorator_utils,
    function_utils,
    keyword_args,
    lock_util,
    serialization,
)
from tensormill.python.util.protobuf import compare


class _Callable:
    def __call__(self) -> None:
        """Do nothing."""

    def method(self) -> None:
        """Do nothing."""


def test_functions_and_methods_have_names() -> None:
    assert function_utils.get_func_name(_Callable().method) == "_Callable.method"
    assert function_utils.get_func_name(lambda: None) == "<lambda>"
    assert "partial" in function_utils.get_func_name(functools.partial(print))
    assert "_Callable" in function_utils.get_func_name(_Callable())
    with pytest.raises(ValueError, match="must be callable"):
        function_utils.get_func_name(3)


def test_callables_of_python_have_code() -> None:
    assert function_utils.get_func_code(_Callable().method) is _Callable.method.__code__
    assert function_utils.get_func_code(_Callable()) is _Callable.__call__.__code__
    assert function_utils.get_func_code(functools.partial(print)) is None
    with pytest.raises(ValueError, match="must be callable"):
        function_utils.get_func_code(None)


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("Brief", "Brief (more)\n\nGo away\nInstead"),
        ("Brief\n\n  Text\n    deep\n  ", "Brief (more)\n\nGo away\nInstead\n\nText\n  deep"),
        ("Brief\n  Text", "Brief (more)\n\nGo away\nInstead\n\nText"),
        (None, "Nothing\n\nGo away\nInstead"),
    ],
)
def test_a_notice_follows_the_first_line(doc: str | None, expected: str) -> None:
    made = decorator_utils.add_notice_to_docstring(doc, "Instead", "Nothing", "(more)", ["Go away"])
    assert made == expected


def test_what_cannot_be_decorated_is_refused() -> None:
    decorator_utils.validate_callable(print, "mark")
    with pytest.raises(ValueError, match="is not a function"):
        decorator_utils.validate_callable(3, "mark")


def test_arguments_without_names_are_refused() -> None:
    @keyword_args.keyword_args_only
    def add(a: int, b: int) -> int:
        return a + b

    assert add(a=1, b=2) == 3
    with pytest.raises(ValueError, match="Must use keyword args to call add"):
        add(1, b=2)


def test_a_lock_is_held_by_one_group_at_a_time() -> None:
    lock = lock_util.GroupLock(2)
    events: list[str] = []
    with lock.group(0):
        lock.acquire(0)

        def enter() -> None:
            with lock.group(1):
                events.append("other")

        thread = threading.Thread(target=enter)
        thread.start()
        events.append("own")
        lock.release(0)
        events.append("still own")
    thread.join()
    assert events == ["own", "still own", "other"]
    with pytest.raises(ValueError, match="group_id=2 out of range, num_groups=2"):
        lock.acquire(2)
    with pytest.raises(ValueError, match="positive integer"):
        lock_util.GroupLock(0)


def test_values_become_plain() -> None:
    given = [np.float32(1.5), np.arange(2), tf.Dimension(3), tf.TensorShape([1, None]), tf.int32]
    plain = [serialization.get_json_type(value) for value in given]
    assert plain == [1.5, [0, 1], 3, [1, None], "int32"]
    with pytest.raises(TypeError):
        serialization.get_json_type(object())


def test_messages_are_compared() -> None:
    test: Any = unittest.TestCase()
    message = tf.NodeDef(name="a", op="b")
    compare.assertProtoEqual(test, "name: 'a' op: 'b'", message)
    with pytest.raises(AssertionError):
        compare.assertProtoEqual(test, "name: 'c'", message)
    assert compare.ProtoEq(message, tf.NodeDef(name="a", op="b"))
