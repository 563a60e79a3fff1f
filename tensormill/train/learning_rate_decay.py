"""Learning rates that change with the training step.

Source: TensorFlow 1.15, python/keras/optimizer_v2/legacy_learning_rate_decay.py.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import add, divide, minimum, multiply, pow
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import case, cond
from tensormill.ops.elementwise_unary import ceil, cos, exp, floor, log, negative, sqrt
from tensormill.ops.random import random_normal

__all__ = [
    "cosine_decay",
    "cosine_decay_restarts",
    "exponential_decay",
    "inverse_time_decay",
    "linear_cosine_decay",
    "natural_exp_decay",
    "noisy_linear_cosine_decay",
    "piecewise_constant",
    "polynomial_decay",
]


def _check_step(global_step: Any, function: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {function}.")


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return `learning_rate * decay_rate ** (global_step / decay_steps)`.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      decay_steps: after so many steps the rate is `decay_rate` times what it was.
      decay_rate: the factor.
      staircase: let the exponent be whole.
      name: the name of the node.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "exponential_decay")
    with name_scope(name or "ExponentialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        power = cast(global_step, rate.dtype) / steps
        if staircase:
            power = floor(power)
        return multiply(rate, pow(factor, power), name=scope)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return `learning_rate * exp(-decay_rate * global_step / decay_steps)`.

    The arguments are those of `exponential_decay`.
    """
    factor = exp(negative(decay_rate))
    return exponential_decay(
        learning_rate, global_step, decay_steps, factor, staircase=staircase, name=name
    )


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return `learning_rate / (1 + decay_rate * global_step / decay_steps)`.

    The arguments are those of `exponential_decay`.
    """
    _check_step(global_step, "inverse_time_decay")
    with name_scope(name or "InverseTimeDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        passed = cast(global_step, rate.dtype) / steps
        if staircase:
            passed = floor(passed)
        one = cast(constant(1), rate.dtype)
        return divide(rate, add(one, multiply(factor, passed)), name=scope)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """Return `values[0]` where x is at most `boundaries[0]`, then `values[1]` … `values[-1]`.

    Args:
      x: a scalar, such as the step.
      boundaries: numbers in rising order, of the dtype of `x`.
      values: one more than boundaries, all of one dtype.
      name: the name scope.

    Raises:
      ValueError: dtypes or numbers of the arguments do not fit.
    """
    bounds = [convert_to_tensor(b) for b in nest.flatten(boundaries)]
    levels = [convert_to_tensor(v) for v in nest.flatten(values)]
    if len(levels) != len(bounds) + 1:
        raise ValueError(
            "The length of boundaries should be 1 less than the length of values, got "
            f"{len(bounds)} and {len(levels)}"
        )
    place = convert_to_tensor(x)
    wanted = place.dtype.base_dtype
    for index, bound in enumerate(bounds):
        if bound.dtype == dtypes.int32 and wanted == dtypes.int64:
            bounds[index] = cast(bound, wanted)
        elif bound.dtype.base_dtype != wanted:
            raise ValueError(
                f"Boundaries ({bound.dtype}) must have the same dtype as x ({wanted})."
            )
    for level in levels[1:]:
        if level.dtype.base_dtype != levels[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({levels[0].dtype} vs {level.dtype})."
            )
    with name_scope(name or "PiecewiseConstant"):
        if not bounds:
            return levels[0]
        pairs = [(place <= bounds[0], lambda: levels[0]), (place > bounds[-1], lambda: levels[-1])]
        for low, high, level in zip(bounds[:-1], bounds[1:], levels[1:-1], strict=True):
            pairs.append(((place > low) & (place <= high), partial(_same, level)))
        rate: Tensor = case(pairs, lambda: levels[0], exclusive=True)
        return rate


def _same(value: Tensor) -> Tensor:
    return value


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return a rate that falls from `learning_rate` to `end_learning_rate` in `decay_steps` steps.

    It is `(learning_rate - end) * (1 - global_step / decay_steps) ** power + end`.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      decay_steps: when the end is reached.
      end_learning_rate: the rate from then on.
      power: 1 for a straight line.
      cycle: do not stay at the end but begin anew with twice, three times … `decay_steps`.
      name: the name of the node.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "polynomial_decay")
    with name_scope(name or "PolynomialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype
        end = cast(end_learning_rate, dtype)
        exponent = cast(power, dtype)
        step = cast(global_step, dtype)
        steps = cast(decay_steps, dtype)
        if cycle:
            rounds = OP_DEFS["SelectV2"].builder(equal(step, 0), 1.0, ceil(step / decay_steps))
            steps = multiply(steps, rounds)
        else:
            step = minimum(step, steps)
        passed = divide(step, steps)
        return add(multiply(rate - end, pow(1 - passed, exponent)), end, name=scope)


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Return a rate that falls like half a cosine wave in `decay_steps` steps.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      decay_steps: when the end is reached.
      alpha: the rate at the end, as a part of `learning_rate`.
      name: the name scope.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "cosine_decay")
    with name_scope(name or "CosineDecay"):
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        step = minimum(cast(global_step, rate.dtype), steps)
        passed = step / steps
        wave = 0.5 * (1.0 + cos(constant(math.pi) * passed))
        return multiply(rate, (1 - alpha) * wave + alpha)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Return a rate that falls like half a cosine wave again and again.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      first_decay_steps: how many steps the first round has.
      t_mul: how many times longer each round is than the one before.
      m_mul: how many times higher each round begins than the one before.
      alpha: the rate at the end of a round, as a part of that at its start.
      name: the name of the node.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "cosine decay restarts")
    with name_scope(name or "SGDRDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype
        steps = cast(first_decay_steps, dtype)
        end, longer, higher = cast(alpha, dtype), cast(t_mul, dtype), cast(m_mul, dtype)
        rounds = cast(global_step, dtype) / steps

        def even_rounds() -> tuple[Tensor, Tensor]:
            number = floor(rounds)
            return number, rounds - number

        def longer_rounds() -> tuple[Tensor, Tensor]:
            number = floor(log(1.0 - rounds * (1.0 - longer)) / log(longer))
            before = (1.0 - longer**number) / (1.0 - longer)
            return number, (rounds - before) / longer**number

        number, passed = cond(equal(longer, 1.0), even_rounds, longer_rounds)
        wave = 0.5 * higher**number * (1.0 + cos(constant(math.pi) * passed))
        return multiply(rate, (1 - end) * wave + end, name=scope)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """Return a rate that falls along a line times a cosine wave.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      decay_steps: when the end is reached.
      num_periods: how many waves there are until then.
      alpha: added to the line.
      beta: added to the product.
      name: the name of the node.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "linear cosine decay")
    with name_scope(name or "LinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype
        steps = cast(decay_steps, dtype)
        periods, above, beside = cast(num_periods, dtype), cast(alpha, dtype), cast(beta, dtype)
        step = minimum(cast(global_step, dtype), steps)
        line = (steps - step) / steps
        wave = _half_wave(2.0 * periods * (step / steps))
        return multiply(rate, (above + line) * wave + beside, name=scope)


def _half_wave(fraction: Tensor) -> Tensor:
    wave: Tensor = 0.5 * (1.0 + cos(constant(math.pi) * fraction))
    return wave


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """Return `linear_cosine_decay` with noise that becomes less from step to step.

    Args:
      learning_rate: the rate at step 0.
      global_step: the step, not negative.
      decay_steps: when the end is reached.
      initial_variance: the variance of the noise at step 0.
      variance_decay: how fast it falls: the variance is divided by (1 + step) to this power.
      num_periods: how many waves there are until the end.
      alpha: added to the line.
      beta: added to the product.
      name: the name of the node.

    Raises:
      ValueError: there is no `global_step`.
    """
    _check_step(global_step, "noisy linear cosine decay")
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype
        steps = cast(decay_steps, dtype)
        variance, falls = cast(initial_variance, dtype), cast(variance_decay, dtype)
        periods, above, beside = cast(num_periods, dtype), cast(alpha, dtype), cast(beta, dtype)
        step = minimum(cast(global_step, dtype), steps)
        line = (steps - step) / steps
        deviation = sqrt(variance / pow(1.0 + step, falls))
        line = line + random_normal(line.shape, stddev=deviation)
        wave = _half_wave(2.0 * periods * (step / steps))
        return multiply(rate, (above + line) * wave + beside, name=scope)
