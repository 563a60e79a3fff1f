"""Linear equations and least squares, solved by iteration: `tf.contrib.solvers`.

Source: TensorFlow 1.15, contrib/solvers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.comparison import logical_and
from tensormill.ops.elementwise_unary import conj, sqrt
from tensormill.ops.filling import zeros
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import l2_loss
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.tensor_algebra import norm
from tensormill.ops.while_loop import while_loop

__all__ = [
    "cgls",
    "conjugate_gradient",
    "create_operator",
    "dot",
    "identity_operator",
    "l2norm",
    "l2norm_squared",
    "l2normalize",
]


class LinearOperator(NamedTuple):
    """A matrix by what it does to columns.

    Attributes:
      shape: its sizes.
      dtype: of its elements.
      apply: from a column x the product A x.
      apply_adjoint: from a column x the product of the conjugate transpose of A, and x.
    """

    shape: Any
    dtype: Any
    apply: Callable[[Any], Any]
    apply_adjoint: Callable[[Any], Any]


class _State(NamedTuple):
    """Where an iteration stands.

    Attributes:
      i: how many steps were made.
      x: the solution so far.
      r: what it leaves over of the right side.
      p: the direction of the next step.
      gamma: the square of the size of what is to become 0.
    """

    i: Any
    x: Any
    r: Any
    p: Any
    gamma: Any

    def squeezed(self) -> _State:
        """Return the state with vectors for columns."""
        return self._replace(x=squeeze(self.x), r=squeeze(self.r), p=squeeze(self.p))


def _sizes(matrix: Tensor) -> Any:
    shape = matrix.get_shape()
    return shape.as_list() if shape.is_fully_defined() else shape_of(matrix)


def create_operator(matrix: Any) -> LinearOperator:
    """Return the operator of a matrix."""
    return LinearOperator(
        _sizes(matrix),
        matrix.dtype,
        apply=lambda column: matmul(matrix, column),
        apply_adjoint=lambda column: matmul(matrix, column, adjoint_a=True),
    )


def identity_operator(matrix: Any) -> LinearOperator:
    """Return the operator that changes nothing, with the sizes of a matrix."""
    return LinearOperator(
        _sizes(matrix), matrix.dtype, lambda column: column, lambda column: column
    )


def dot(x: Any, y: Any) -> Tensor:
    """Return the scalar product of `x` and `y`."""
    return reduce_sum(conj(x) * y)


def l2norm_squared(v: Any) -> Tensor:
    """Return the sum of the squares."""
    return constant(2, dtype=v.dtype.base_dtype) * l2_loss(v)


def l2norm(v: Any) -> Tensor:
    """Return the Euclidean length."""
    return sqrt(l2norm_squared(v))


def l2normalize(v: Any) -> tuple[Tensor, Tensor]:
    """Return `v` with a length of 1, and the length that it had."""
    length = l2norm(v)
    return v / length, length


def _iterated(
    state: _State, step: Callable[[_State], _State], is_far: Callable[[_State], Any], limit: int
) -> _State:
    _, reached = while_loop(
        lambda i, state: logical_and(i < limit, is_far(state)),
        lambda i, state: (i + 1, step(state)),
        [constant(0, dtype=dtypes.int32), state],
    )
    return _State(*reached).squeezed()


def conjugate_gradient(
    operator: Any,
    rhs: Any,
    preconditioner: Any = None,
    x: Any = None,
    tol: float = 1e-4,
    max_iter: int = 20,
    name: str = "conjugate_gradient",
) -> _State:
    """Solve A x = rhs by conjugate gradients.

    Args:
      operator: A, which is its own adjoint and positive definite; see `create_operator`.
      rhs: [n].
      preconditioner: an operator that is about the inverse of A.
      x: where to begin, [n]; zeros by default.
      tol: stop where what is left over is as small as this, in terms of what it was at first.
      max_iter: stop after so many steps.
      name: the name of the scope of the nodes.

    Returns:
      A tuple of the number of steps `i`, the solution `x`, the rest `r`, the last direction `p`
      and the square `gamma` of the size of the rest.
    """

    def conditioned(rest: Any) -> Any:
        return rest if preconditioner is None else preconditioner.apply(rest)

    def step(state: _State) -> _State:
        image = operator.apply(state.p)
        length = state.gamma / dot(state.p, image)
        rest = state.r - length * image
        better = conditioned(rest)
        gamma = dot(rest, better)
        direction = better + gamma / state.gamma * state.p
        return _State(state.i + 1, state.x + length * state.p, rest, direction, gamma)

    with name_scope(name):
        rhs = expand_dims(convert_to_tensor(rhs), -1)
        if x is None:
            start = expand_dims(zeros(operator.shape[1:], dtype=rhs.dtype.base_dtype), -1)
            rest = rhs
        else:
            start = expand_dims(x, -1)
            rest = rhs - operator.apply(start)
        direction = conditioned(rest)
        first = _State(
            constant(0, dtype=dtypes.int32), start, rest, direction, dot(rest, direction)
        )
        bound = tol * norm(rest)
        return _iterated(first, step, lambda state: norm(state.r) > bound, max_iter)


def cgls(
    operator: Any, rhs: Any, tol: float = 1e-6, max_iter: int = 20, name: str = "cgls"
) -> _State:
    """Find the x for which A x is nearest to rhs, by conjugate gradients.

    Args:
      operator: A, [m, n]; see `create_operator`.
      rhs: [m].
      tol: stop where the gradient is as small as this, in terms of what it was at first.
      max_iter: stop after so many steps.
      name: the name of the scope of the nodes.

    Returns:
      A tuple of the number of steps `i`, the solution `x`, the rest `r`, the last direction `p`
      and the square `gamma` of the size of the gradient.
    """

    def step(state: _State) -> _State:
        image = operator.apply(state.p)
        length = state.gamma / l2norm_squared(image)
        rest = state.r - length * image
        gradient = operator.apply_adjoint(rest)
        gamma = l2norm_squared(gradient)
        direction = gradient + gamma / state.gamma * state.p
        return _State(state.i + 1, state.x + length * state.p, rest, direction, gamma)

    with name_scope(name):
        rhs = expand_dims(convert_to_tensor(rhs), -1)
        gradient = operator.apply_adjoint(rhs)
        gamma = l2norm_squared(gradient)
        start = expand_dims(zeros(operator.shape[1:], dtype=rhs.dtype.base_dtype), -1)
        first = _State(constant(0, dtype=dtypes.int32), start, rhs, gradient, gamma)
        bound = tol * tol * gamma
        return _iterated(first, step, lambda state: state.gamma > bound, max_iter)
