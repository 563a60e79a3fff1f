"""The decorators of `tensorflow.python.framework.test_util`, for tests that run in graphs.

A test of eager execution is skipped with that reason; one that would run both ways runs as a graph.

Source: TensorFlow 1.15, python/framework/test_util.py.
"""

from __future__ import annotations

import functools
import inspect
import unittest
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph import default_scopes
from tensormill.graph.graph import Graph
from tensormill.session.device_attributes import (
    gpu_device_name,
    is_built_with_cuda,
    is_built_with_rocm,
    is_gpu_available,
)
from tensormill.unittesting.combinations import combine
from tensormill.unittesting.test_case import TestCase

__all__ = [
    "GpuSupportsHalfMatMulAndConv",
    "IsBuiltWithROCm",
    "IsGoogleCudaEnabled",
    "IsMklEnabled",
    "TensorFlowTestCase",
    "also_run_as_tf_function",
    "assert_no_garbage_created",
    "assert_no_new_pyobjects_executing_eagerly",
    "assert_no_new_tensors",
    "build_as_function_and_v1_graph",
    "deprecated_graph_mode_only",
    "device",
    "disable_all_xla",
    "disable_control_flow_v2",
    "disable_xla",
    "enable_c_shapes",
    "enable_control_flow_v2",
    "enable_output_all_intermediates",
    "enable_tf_xla_constant_folding",
    "for_all_test_methods",
    "force_cpu",
    "force_gpu",
    "generate_combinations_with_testcase_name",
    "gpu_device_name",
    "gpu_device_type",
    "is_gpu_available",
    "is_xla_enabled",
    "no_xla_auto_jit",
    "py_func_if_in_function",
    "run_all_in_deprecated_graph_mode_only",
    "run_all_in_graph_and_eager_modes",
    "run_cuda_only",
    "run_deprecated_v1",
    "run_gpu_only",
    "run_in_graph_and_eager_modes",
    "run_v1_only",
    "run_v2_only",
    "skip_if",
    "use_deterministic_cudnn",
    "use_gpu",
    "with_c_shapes",
    "with_control_flow_v2",
    "xla_allow_fallback",
]

Method = Callable[..., Any]

TensorFlowTestCase = TestCase
IsGoogleCudaEnabled = is_built_with_cuda
IsBuiltWithROCm = is_built_with_rocm


def IsMklEnabled() -> bool:
    """Return False: the kernels are PyTorch's."""
    return False


def is_xla_enabled() -> bool:
    """Return False: there is no such compiler."""
    return False


def GpuSupportsHalfMatMulAndConv() -> bool:
    """Return whether there is a GPU: every one that PyTorch runs on multiplies halves."""
    return is_gpu_available()


def _test_names(cls: type) -> list[str]:
    return [
        name
        for name in dir(cls)
        if name.startswith(unittest.TestLoader.testMethodPrefix)
        and name != "test_session"
        and callable(getattr(cls, name))
    ]


def for_all_test_methods(decorator: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return a decorator of classes that decorates all their tests."""

    def decorated(cls: type) -> type:
        for name in _test_names(cls):
            setattr(cls, name, decorator(getattr(cls, name), *args, **kwargs))
        return cls

    return decorated


def run_in_graph_and_eager_modes(
    func: Any = None,
    config: Any = None,
    use_gpu: bool = True,
    reset_test: bool = True,
    assert_no_eager_garbage: bool = False,
) -> Any:
    """Run a test as a graph, in a session that is the default.

    Args:
      func: the test; a decorator is returned without it.
      config: how to run the session.
      use_gpu: whether its nodes may go to a GPU.
      reset_test: not used, as the test runs only once.
      assert_no_eager_garbage: not used, as nothing is executed eagerly.

    Raises:
      ValueError: it decorates a class.
    """

    def decorator(method: Method) -> Method:
        if inspect.isclass(method):
            raise ValueError(
                "`run_in_graph_and_eager_modes` only supports test methods. Did you mean to use "
                "`run_all_in_graph_and_eager_modes`?"
            )

        @functools.wraps(method)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            with Graph().as_default(), self.test_session(use_gpu=use_gpu, config=config):
                method(self, *args, **kwargs)

        return decorated

    return decorator if func is None else decorator(func)


def run_all_in_graph_and_eager_modes(cls: type) -> type:
    """Run all tests of a class as graphs, each in a session that is the default."""
    for name in _test_names(cls):
        if not name.startswith(("testSkipEager", "test_skip_eager")):
            setattr(cls, name, run_in_graph_and_eager_modes(getattr(cls, name)))
    return cls


def _same(function: Any = None) -> Any:
    return (lambda method: method) if function is None else function


def deprecated_graph_mode_only(func: Any = None) -> Any:
    """Run a test, or all of a class, as graphs: as everything runs."""
    return _same(func)


run_deprecated_v1 = run_all_in_deprecated_graph_mode_only = deprecated_graph_mode_only


def run_v1_only(reason: str, func: Any = None) -> Any:
    """Run a test of what only TensorFlow 1 has.

    Raises:
      ValueError: the reason is no text.
    """
    if not isinstance(reason, str):
        raise ValueError(f"'reason' should be string, got {type(reason)}")
    return _same(func)


def _skipped(reason: str) -> Callable[[Any], Any]:
    def decorator(method: Method) -> Method:
        @functools.wraps(method)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            self.skipTest(reason)

        return decorated

    return decorator


def run_v2_only(func: Any = None) -> Any:
    """Skip a test of what only TensorFlow 2 has."""
    decorator = _skipped("Test is only compatible with v2")
    return decorator if func is None else decorator(func)


def build_as_function_and_v1_graph(func: Any = None) -> Any:
    """Build a test as a graph of its own, without a session."""

    def decorator(method: Method) -> Method:
        @functools.wraps(method)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            with Graph().as_default():
                method(self, *args, **kwargs)

        return decorated

    return decorator if func is None else decorator(func)


def also_run_as_tf_function(f: Any) -> Any:
    """Run a test as a graph: as everything runs."""
    return f


def py_func_if_in_function(f: Any) -> Any:
    """Return the function: tests are not built within graph functions."""
    return f


enable_control_flow_v2 = with_control_flow_v2 = enable_output_all_intermediates = _same
enable_c_shapes = with_c_shapes = use_deterministic_cudnn = _same
assert_no_new_pyobjects_executing_eagerly = assert_no_new_tensors = _same
assert_no_garbage_created = _same


def disable_control_flow_v2(unused_msg: str) -> Any:
    """Return a decorator that changes nothing: control flow is always that of TensorFlow 1."""
    return _same()


def _described(description: Any) -> Any:
    """Return a decorator that changes nothing: there is no compiler to keep away from a test."""
    return _same() if isinstance(description, str) else description


disable_xla = no_xla_auto_jit = xla_allow_fallback = enable_tf_xla_constant_folding = _described


def disable_all_xla(description: str) -> Any:
    """Return a decorator of classes that changes nothing."""
    return _same()


def skip_if(condition: Any) -> Callable[[Any], Any]:
    """Return a decorator that skips a test where a condition, or what it returns, is true."""

    def decorator(method: Method) -> Method:
        @functools.wraps(method)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            if not (condition() if callable(condition) else condition):
                method(self, *args, **kwargs)

        return decorated

    return decorator


def run_gpu_only(func: Any = None) -> Any:
    """Skip a test where there is no GPU."""

    def decorator(method: Method) -> Method:
        @functools.wraps(method)
        def decorated(self: Any, *args: Any, **kwargs: Any) -> None:
            if not is_gpu_available():
                self.skipTest("Test requires GPU")
            method(self, *args, **kwargs)

        return decorated

    return decorator if func is None else decorator(func)


run_cuda_only = run_gpu_only


@contextmanager
def device(use_gpu: bool) -> Iterator[None]:
    """Make nodes for the GPU where there is one and it may be used, else for the CPU."""
    with default_scopes.device((use_gpu and gpu_device_name()) or "/device:CPU:0"):
        yield


@contextmanager
def use_gpu() -> Iterator[None]:
    """Make nodes for the GPU where there is one; a block, or a decorator."""
    with device(use_gpu=True):
        yield


@contextmanager
def force_gpu() -> Iterator[None]:
    """Make nodes for the GPU, whether there is one or not; a block, or a decorator."""
    with default_scopes.device(gpu_device_name() or "/device:GPU:0"):
        yield


@contextmanager
def force_cpu() -> Iterator[None]:
    """Make nodes for the CPU; a block, or a decorator."""
    with default_scopes.device("/device:CPU:0"):
        yield


def gpu_device_type() -> str | None:
    """Return the type of the GPUs, None where there is none."""
    return "GPU" if gpu_device_name() else None


def generate_combinations_with_testcase_name(**kwargs: Any) -> list[OrderedDict[str, Any]]:
    """Return all combinations of options, each with a name, for `parameterized.named_parameters`.

    Args:
      **kwargs: option to the list of its values, or to its only value.
    """
    combinations = []
    for options in combine(**kwargs):
        parts = [f"_{_letters(name)}_{_letters(value)}" for name, value in options.items()]
        combinations.append(OrderedDict(options, testcase_name="_test" + "".join(parts)))
    return combinations


def _letters(value: Any) -> str:
    return "".join(filter(str.isalnum, str(value)))
