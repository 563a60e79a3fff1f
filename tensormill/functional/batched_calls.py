"""Functions that several steps call as one: `tf.nondifferentiable_batch_function`.

Source: TensorFlow 1.15, python/ops/batch_ops.py, contrib/batching/python/ops/batch_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.functional.defun import Defun
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.batching import batch_function_op, batch_op, unbatch_op

__all__ = ["batch_function", "batch_function_v1"]

_MINUTE_MICROS = 60 * 1000 * 1000


def _check_tensors(args: Sequence[Any]) -> None:
    for arg in args:
        if not isinstance(arg, Tensor):
            raise ValueError(
                "All arguments to functions decorated with `batch_function`  are supposed to be "
                f"Tensors; found {arg!r}"
            )


def batch_function(
    num_batch_threads: int,
    max_batch_size: int,
    batch_timeout_micros: int,
    allowed_batch_sizes: Sequence[int] | None = None,
    max_enqueued_batches: int = 10,
    autograph: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function of tensors: steps that call it at one time are computed together.

    Their arguments are joined along the first axis, and each step gets its rows of the results.

    Args:
      num_batch_threads: kept in the node.
      max_batch_size: how many rows a batch may have.
      batch_timeout_micros: how long a batch waits for more.
      allowed_batch_sizes: sizes to which batches are filled up, ascending; the last one is
        `max_batch_size`.
      max_enqueued_batches: kept in the node.
      autograph: not used: control flow is that of the graph.

    Raises:
      ValueError: an argument of a call is no tensor.
    """

    def decorator(fn: Callable[..., Any]) -> Callable[..., Any]:
        def decorated(*args: Any) -> Any:
            def computation(*given: Tensor) -> Any:
                for tensor, arg in zip(given, args, strict=True):
                    if arg.shape.ndims:
                        tensor.set_shape(TensorShape([None]).concatenate(arg.shape[1:]))
                return fn(*given)

            with name_scope(None, "batch") as name:
                _check_tensors(args)
                function = Defun(*(arg.dtype.base_dtype for arg in args))(computation)
                made: list[Tensor] = batch_function_op(
                    list(args),
                    function.captured_inputs,
                    num_batch_threads=num_batch_threads,
                    max_batch_size=max_batch_size,
                    batch_timeout_micros=batch_timeout_micros,
                    allowed_batch_sizes=list(allowed_batch_sizes or ()),
                    max_enqueued_batches=max_enqueued_batches,
                    shared_name=name,
                    f=function,
                    Tout=[arg.type for arg in function.definition.signature.output_arg],
                )
                return made

        return decorated

    return decorator


def batch_function_v1(
    num_batch_threads: int,
    max_batch_size: int,
    batch_timeout_micros: int,
    allowed_batch_sizes: Sequence[int] | None = None,
    grad_timeout_micros: int = _MINUTE_MICROS,
    unbatch_timeout_micros: int = _MINUTE_MICROS,
    max_enqueued_batches: int = 10,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function as `batch_function` does, so that it has gradients.

    One of the steps of a batch computes it for all, and the others wait for their parts.

    Args:
      num_batch_threads: kept in the node.
      max_batch_size: how many rows a batch may have.
      batch_timeout_micros: how long a batch waits for more.
      allowed_batch_sizes: sizes to which batches are filled up.
      grad_timeout_micros: how long a step waits for its part of a gradient.
      unbatch_timeout_micros: how long a step waits for its part of a result.
      max_enqueued_batches: kept in the node.

    Raises:
      ValueError: an argument of a call is no tensor.
    """

    def decorator(f: Callable[..., Any]) -> Callable[..., Any]:
        def decorated(*args: Any) -> Any:
            with name_scope(None, "batch") as name:
                _check_tensors(args)
                batched, index, number = batch_op(
                    list(args),
                    num_batch_threads=num_batch_threads,
                    max_batch_size=max_batch_size,
                    batch_timeout_micros=batch_timeout_micros,
                    max_enqueued_batches=max_enqueued_batches,
                    allowed_batch_sizes=list(allowed_batch_sizes or ()),
                    grad_timeout_micros=grad_timeout_micros,
                    shared_name=name,
                )
                outputs = f(*batched)
                listed = [outputs] if isinstance(outputs, Tensor) else outputs
                with name_scope(None, "unbatch") as unbatch_name:
                    made = [
                        unbatch_op(
                            output,
                            index,
                            number,
                            timeout_micros=unbatch_timeout_micros,
                            shared_name=f"{unbatch_name}/{output.name}",
                        )
                        for output in listed
                    ]
                return made[0] if isinstance(outputs, Tensor) else made

        return decorated

    return decorator
