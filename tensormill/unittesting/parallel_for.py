"""A test case that compares `pfor` with `for_loop`.

Source: TensorFlow 1.15, python/ops/parallel_for/test_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.functional.parallel_for import for_loop, pfor
from tensormill.graph import dtypes, nest
from tensormill.unittesting.test_case import TestCase
from tensormill.variables.initialization import global_variables_initializer

__all__ = ["PForTestCase"]


class PForTestCase(TestCase):
    """Compares what two loops give."""

    def _run_targets(self, targets1: Any, targets2: Any = None, run_init: bool = True) -> Any:
        first = nest.flatten(targets1)
        second = [] if targets2 is None else nest.flatten(targets2)
        if second and len(first) != len(second):
            raise AssertionError(f"{len(first)} tensors are not compared with {len(second)}")
        if run_init:
            self.evaluate(global_variables_initializer())
        return self.evaluate(first + second)

    def run_and_assert_equal(self, targets1: Any, targets2: Any) -> None:
        """Fail unless two structures of tensors have the same values."""
        values = nest.flatten(self._run_targets(targets1, targets2))
        half = len(values) // 2
        for found, expected in zip(values[half:], values[:half], strict=True):
            if found.dtype == object:
                self.assertAllEqual(found, expected)
            else:
                self.assertAllClose(found, expected, rtol=1e-4, atol=1e-5)

    def _test_loop_fn(
        self,
        loop_fn: Any,
        iters: Any,
        loop_fn_dtypes: Any = dtypes.float32,
        parallel_iterations: int | None = None,
    ) -> None:
        parallel = pfor(loop_fn, iters=iters, parallel_iterations=parallel_iterations)
        in_turn = for_loop(loop_fn, loop_fn_dtypes, iters, parallel_iterations)
        self.run_and_assert_equal(parallel, in_turn)
