"""Ordinary differential equations, solved within the graph: `tf.contrib.integrate`.

Source: Shampine, "Some practical Runge-Kutta formulas" (1986); TensorFlow 1.15, contrib/integrate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import size
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import ceil, imag, is_finite, real, sqrt, square
from tensormill.ops.identities import identity
from tensormill.ops.reduction import reduce_all, reduce_mean
from tensormill.ops.summation import add_n
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

__all__ = ["odeint", "odeint_fixed"]

Derivative = Callable[[Any, Any], Any]
"""Takes a state and a time, and returns the derivative of the state."""

# The method of Dormand and Prince: where in a step derivatives are taken, their weights for the
# next of them, for the end of the step, for its middle, and for the error.
_TIMES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_WEIGHTS = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_MIDDLE = tuple(
    weight / 2
    for weight in (
        6025192743 / 30085553152,
        0,
        51252292925 / 65400821598,
        -2691868925 / 45128329728,
        187940372067 / 1594534317056,
        -1776094331 / 19743644256,
        11237099 / 235043384,
    )
)
_ERROR = (
    1951 / 21600 - 35 / 384,
    0,
    22642 / 50085 - 500 / 1113,
    451 / 720 - 125 / 192,
    -12231 / 42400 + 2187 / 6784,
    649 / 6300 - 11 / 84,
    1 / 60,
)
_ORDER = 5


class _State(NamedTuple):
    """Where an adaptive solver stands.

    Attributes:
      value: the state at the end of the last step.
      derivative: that of the state there.
      start: when the last step began.
      end: when it ended.
      length: how long the next one is to be.
      polynomial: coefficients of the state within the last step, the highest power first.
    """

    value: Tensor
    derivative: Tensor
    start: Tensor
    end: Tensor
    length: Tensor
    polynomial: list[Tensor]


class _History(NamedTuple):
    """What was tried: ends of steps, and their errors in terms of what is allowed."""

    ends: TensorArray
    errors: TensorArray


class _StepSizes(NamedTuple):
    """How the length of a step follows from the error of the last one."""

    safety: Tensor
    longer: Tensor
    shorter: Tensor

    def following(self, length: Tensor, error: Tensor) -> Tensor:
        """Return the length of the next step."""
        error = cast(error, length.dtype)
        wanted = error ** cast(1 / _ORDER, length.dtype) / self.safety
        return length / maximum(1 / self.longer, minimum(wanted, 1 / self.shorter))


def _weighted(scale: Tensor, weights: Sequence[float], values: Sequence[Tensor]) -> Tensor:
    return add_n([(scale * w) * value for w, value in zip(weights, values, strict=True) if w != 0])


def _check_types(y0: Tensor, t: Tensor, dt: Tensor | None = None) -> None:
    if not (y0.dtype.is_floating or y0.dtype.is_complex):
        raise TypeError("`y0` must have a floating point or complex floating point dtype")
    if not t.dtype.is_floating:
        raise TypeError("`t` must have a floating point dtype")
    if dt is not None and not dt.dtype.is_floating:
        raise TypeError("`dt` must have a floating point dtype")


def _count_of_increasing(t: Tensor) -> Tensor:
    check = Assert(reduce_all(t[1:] > t[:-1]), ["`t` must be monotonic increasing"])
    with control_dependencies([check]):
        return size(t)


def _trial_step(
    func: Derivative, value: Tensor, derivative: Tensor, start: Tensor, length: Tensor
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Return the state after a step, the estimate of its error, and the derivatives taken."""
    with name_scope("runge_kutta_step"):
        scale = cast(length, value.dtype)
        derivatives = [convert_to_tensor(derivative)]
        reached = value
        for time, weights in zip(_TIMES, _WEIGHTS, strict=True):
            reached = value + _weighted(scale, weights, derivatives)
            derivatives.append(
                convert_to_tensor(func(reached, start + time * length), dtype=value.dtype)
            )
        error = _weighted(scale, _ERROR, derivatives)
        return identity(reached), error, derivatives


def _polynomial(
    begun: Tensor, reached: Tensor, derivatives: list[Tensor], length: Tensor
) -> list[Tensor]:
    """Return the coefficients of the polynomial of fourth degree through a step.

    It has the values at the start, the middle and the end, and the derivatives at both ends.
    """
    with name_scope("interp_fit_rk"):
        scale = cast(length, begun.dtype)
        middle = begun + _weighted(scale, _MIDDLE, derivatives)
        first, last = scale * derivatives[0], scale * derivatives[-1]
        return [
            -2 * first + 2 * last - 8 * begun - 8 * reached + 16 * middle,
            5 * first - 3 * last + 18 * begun + 14 * reached - 32 * middle,
            -4 * first + last - 11 * begun - 5 * reached + 16 * middle,
            first,
            begun,
        ]


def _value_within(state: _State, time: Tensor) -> Tensor:
    """Return the state at a time within the last step."""
    with name_scope("interp_evaluate"):
        is_within = (state.start <= time) & (time <= state.end)
        words = "invalid interpolation, fails `t0 <= t <= t1`:"
        check = Assert(is_within, [words, state.start, time, state.end])
        with control_dependencies([check]):
            part = (time - state.start) / (state.end - state.start)
        part = cast(part, state.polynomial[0].dtype)
        value = state.polynomial[0]
        for coefficient in state.polynomial[1:]:
            value = value * part + coefficient
        return value


def _square_of_size(x: Tensor) -> Tensor:
    return square(real(x)) + square(imag(x)) if x.dtype.is_complex else square(x)


class _AdaptiveSolver:
    """The method of Dormand and Prince with steps as long as the allowed error lets them be."""

    def __init__(self, func: Derivative, rtol: Tensor, atol: Tensor, limit: Tensor) -> None:
        self._func = func
        self._rtol = rtol
        self._atol = atol
        self._limit = limit

    def _checks(self, state: _State, count: Any) -> list[Any]:
        with name_scope("assertions"):
            is_finite_state = reduce_all(is_finite(abs(state.value)))
            return [
                Assert(state.end + state.length > state.end, ["underflow in dt", state.length]),
                Assert(count < self._limit, ["max_num_steps exceeded"]),
                Assert(is_finite_state, ["non-finite values in state `y`", state.value]),
            ]

    def step(
        self, state: _State, history: _History, count: Any, sizes: _StepSizes
    ) -> tuple[_State, _History, Any]:
        """Try one step, and take it where its error is small enough."""
        value, derivative, start, length = state.value, state.derivative, state.end, state.length
        with control_dependencies(self._checks(state, count)):
            reached, error, derivatives = _trial_step(self._func, value, derivative, start, length)
        with name_scope("error_ratio"):
            allowed = self._atol + self._rtol * maximum(abs(value), abs(reached))
            ratio = sqrt(reduce_mean(_square_of_size(error) / _square_of_size(allowed)))
            is_accepted = ratio <= 1
        with name_scope("update/rk_state"):
            following = _State(
                cond(is_accepted, lambda: reached, lambda: value),
                cond(is_accepted, lambda: derivatives[-1], lambda: derivative),
                start,
                cond(is_accepted, lambda: start + length, lambda: start),
                sizes.following(length, ratio),
                cond(
                    is_accepted,
                    lambda: _polynomial(value, reached, derivatives, length),
                    lambda: state.polynomial,
                ),
            )
        with name_scope("update/history"):
            ends, errors = history
            history = _History(
                ends.write(ends.size(), start + length), errors.write(errors.size(), ratio)
            )
        return following, history, count + 1

    def solve(
        self, y0: Tensor, t: Tensor, first_step: Tensor, sizes: _StepSizes
    ) -> tuple[Tensor, _History]:
        """Return the states at the times `t`, and what was tried."""

        def to_next_time(
            values: TensorArray, history: _History, state: _State, index: Any
        ) -> tuple[Any, ...]:
            with name_scope("interpolate"):
                state, history, _ = while_loop(
                    lambda state, *_: t[index] > state.end,
                    lambda state, history, count: self.step(state, history, count, sizes),
                    (state, history, 0),
                    name="integrate_loop",
                )
                values = values.write(index, _value_within(state, t[index]))
            return values, history, state, index + 1

        count = _count_of_increasing(t)
        values = TensorArray(y0.dtype, size=count).write(0, y0)
        history = _History(
            TensorArray(t.dtype, size=0, dynamic_size=True),
            TensorArray(self._rtol.dtype, size=0, dynamic_size=True),
        )
        derivative = convert_to_tensor(self._func(y0, t[0]), dtype=y0.dtype)
        state = _State(y0, derivative, t[0], t[0], first_step, [y0] * 5)
        values, history, *_ = while_loop(
            lambda _values, _history, _state, index: index < count,
            to_next_time,
            (values, history, state, 1),
            name="interpolate_loop",
        )
        return values.stack(), history


def odeint(
    func: Derivative,
    y0: Any,
    t: Any,
    rtol: Any = 1e-6,
    atol: Any = 1e-12,
    method: str | None = None,
    options: dict[str, Any] | None = None,
    full_output: bool = False,
    name: str | None = None,
) -> Any:
    """Return the solution of dy/dt = func(y, t), y(t[0]) = y0, at the times `t`.

    Args:
      func: the derivative, of a state and a time.
      y0: the state at the first time, floats or complex numbers of any shape.
      t: increasing times, [times].
      rtol: the error allowed in terms of the state.
      atol: the error that is allowed besides.
      method: "dopri5", the only one.
      options: `first_step`, `safety`, `ifactor`, `dfactor` and `max_num_steps`; not without
        `method`.
      full_output: return a dictionary of what was tried as well.
      name: the name of the scope of the nodes.

    Returns:
      [times, ...]; with `full_output` also `num_func_evals`, `integrate_points` and `error_ratio`.

    Raises:
      ValueError: the method is another, or options come without a method.
      TypeError: `y0` or `t` has no floating point dtype.
    """
    if method is not None and method != "dopri5":
        raise ValueError(f"invalid method: {method!r}")
    if options is None:
        options = {}
    elif method is None:
        raise ValueError("cannot supply `options` without specifying `method`")
    with name_scope(name, "odeint", [y0, t, rtol, atol]) as scope:
        y0 = convert_to_tensor(y0, name="y0")
        t = convert_to_tensor(t, preferred_dtype=dtypes.float64, name="t")
        _check_types(y0, t)
        tolerance = y0.dtype.real_dtype
        solver = _AdaptiveSolver(
            func,
            convert_to_tensor(rtol, dtype=tolerance, name="rtol"),
            convert_to_tensor(atol, dtype=tolerance, name="atol"),
            constant(options.get("max_num_steps", 1000), dtypes.int32, name="max_num_steps"),
        )
        sizes = _StepSizes(
            *(
                convert_to_tensor(options.get(option, default), dtype=t.dtype, name=option)
                for option, default in (("safety", 0.9), ("ifactor", 10.0), ("dfactor", 0.2))
            )
        )
        first_step = convert_to_tensor(options.get("first_step", 1.0), t.dtype, name="first_step")
        solution, history = solver.solve(y0, t, first_step, sizes)
        solution = identity(solution, name=scope)
        solution.set_shape(t.get_shape().concatenate(y0.get_shape()))
        if not full_output:
            return solution
        ends = history.ends.stack()
        return solution, {
            "num_func_evals": 6 * size(ends) + 1,
            "integrate_points": ends,
            "error_ratio": history.errors.stack(),
        }


def _midpoint_change(func: Derivative, y: Tensor, t: Tensor, dt: Tensor) -> Tensor:
    whole = cast(dt, y.dtype)
    return whole * func(y + func(y, t) * whole / 2, t + dt / 2)


def _fourth_order_change(func: Derivative, y: Tensor, t: Tensor, dt: Tensor) -> Tensor:
    half = dt / 2
    whole = cast(dt, y.dtype)
    first = func(y, t)
    second = func(y + whole * first / 2, t + half)
    third = func(y + whole * second / 2, t + half)
    fourth = func(y + whole * third, t + dt)
    return (first + 2 * second + 2 * third + fourth) * (whole / 6)


_CHANGES = {"midpoint": _midpoint_change, "rk4": _fourth_order_change}


def odeint_fixed(
    func: Derivative,
    y0: Any,
    t: Any,
    dt: Any = None,
    method: str = "rk4",
    name: str | None = None,
) -> Tensor:
    """Return the solution of dy/dt = func(y, t), y(t[0]) = y0, by steps of given lengths.

    Args:
      func: the derivative, of a state and a time.
      y0: the state at the first time, floats or complex numbers of any shape.
      t: increasing times, [times].
      dt: how long steps are at most, a scalar, or [times - 1] for those between two times; they
        are made shorter so that a whole number fits. One step between two times where none is
        given.
      method: "midpoint" or "rk4".
      name: the name of the scope of the nodes.

    Returns:
      [times, ...].

    Raises:
      ValueError: the method is another, or `t` and `dt` do not fit.
      TypeError: `y0`, `t` or `dt` has no floating point dtype.
    """
    with name_scope(name, "odeint_fixed", [y0, t, dt]):
        t = convert_to_tensor(t, preferred_dtype=dtypes.float64, name="t")
        y0 = convert_to_tensor(y0, name="y0")
        intervals = t[1:] - t[:-1]
        wanted = intervals if dt is None else dt
        wanted = convert_to_tensor(wanted, preferred_dtype=dtypes.float64, name="dt")
        counts = ceil(intervals / wanted)
        dt = intervals / counts
        _check_types(y0, t, dt)
        _check_sizes(t, dt)
        if method not in _CHANGES:
            raise ValueError(f"method not supported: {method!s}")
        with name_scope(method):
            counts = cast(counts, dtypes.int32)
            solution = _by_fixed_steps(_CHANGES[method], func, y0, t, dt, counts)
        solution.set_shape(t.get_shape().concatenate(y0.get_shape()))
        return solution


def _check_sizes(t: Tensor, dt: Tensor) -> None:
    if len(t.get_shape().as_list()) > 1 or len(dt.get_shape().as_list()) > 1:
        raise ValueError("t must be a 1D tensor")
    if t.get_shape()[0] != dt.get_shape()[0] + 1:
        raise ValueError("t and dt have incompatible lengths, must be N and N-1")


def _by_fixed_steps(
    change: Callable[..., Any],
    func: Derivative,
    y0: Tensor,
    t: Tensor,
    dt: Tensor,
    counts: Tensor,
) -> Tensor:
    """Return the states at the times `t`.

    Args:
      change: how the state changes in a step, from `func`, state, time and length.
      func: the derivative.
      y0: the state at the first time.
      t: [times].
      dt: the lengths of the steps between two times, [times - 1].
      counts: how many steps there are between them, int32, [times - 1].
    """

    def over_interval(values: TensorArray, y: Any, now: Any, index: Any) -> tuple[Any, ...]:
        length = dt[index - 1]

        def step(y: Any, now: Any, done: Any) -> tuple[Any, ...]:
            return y + cast(change(func, y, now, length), y.dtype), now + length, done + 1

        y, now, _ = while_loop(lambda _y, _now, done: done < counts[index - 1], step, (y, now, 0))
        return values.write(index, y), y, now, index + 1

    count = _count_of_increasing(t)
    values = TensorArray(y0.dtype, count).write(0, y0)
    values, *_ = while_loop(
        lambda _values, _y, _now, index: index < count, over_interval, (values, y0, t[0], 1)
    )
    return values.stack()
