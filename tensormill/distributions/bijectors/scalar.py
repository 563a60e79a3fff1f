"""Bijectors of single numbers.

Source: TensorFlow 1.15, contrib/distributions/python/ops/bijectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.distributions.arrangements import softplus_inverse
from tensormill.distributions.bijectors.base import Bijector
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softplus
from tensormill.ops.assertions import (
    assert_less_equal,
    assert_non_negative,
    assert_none_equal,
    assert_positive,
)
from tensormill.ops.casting import cast
from tensormill.ops.comparison import less_equal
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import (
    asinh,
    cosh,
    exp,
    expm1,
    log,
    log1p,
    sigmoid,
    sinh,
    sqrt,
    square,
)
from tensormill.ops.filling import ones, zeros
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity

__all__ = [
    "AbsoluteValue",
    "AffineScalar",
    "Exp",
    "Gumbel",
    "Identity",
    "Kumaraswamy",
    "PowerTransform",
    "Sigmoid",
    "SinhArcsinh",
    "Softplus",
    "Softsign",
    "Square",
    "Weibull",
]


def _zero(x: Tensor) -> Tensor:
    return constant(0.0, dtype=x.dtype.base_dtype)


class _Scalar(Bijector):
    """A bijector of single numbers."""

    def __init__(self, validate_args: bool, name: str | None, **given: Any) -> None:
        super().__init__(forward_min_event_ndims=0, validate_args=validate_args, name=name, **given)

    def _when(self, x: Tensor, *checks: Callable[[], Any]) -> Tensor:
        """Return a value after checks, where arguments are checked."""
        if not self.validate_args:
            return x
        return with_dependencies([check() for check in checks], x)


class Identity(_Scalar):
    """The map that changes nothing."""

    def __init__(self, validate_args: bool = False, name: str = "identity") -> None:
        super().__init__(validate_args, name, is_constant_jacobian=True)

    def _forward(self, x: Any) -> Any:
        return x

    def _inverse(self, y: Any) -> Any:
        return y

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return _zero(y)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return _zero(x)


class AbsoluteValue(_Scalar):
    """The magnitude; an inverse is the pair (-y, y)."""

    def __init__(self, validate_args: bool = False, name: str = "absolute_value") -> None:
        super().__init__(validate_args, name, is_constant_jacobian=True)

    @property
    def _is_injective(self) -> bool:
        return False

    def _checked_image(self, y: Tensor, value: Tensor) -> Tensor:
        return self._when(value, lambda: assert_non_negative(y, message="Argument y was negative"))

    def _forward(self, x: Any) -> Any:
        return abs_of(x)

    def _inverse(self, y: Any) -> Any:
        y = self._checked_image(y, y)
        return -y, y

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        nothing = self._checked_image(y, _zero(y))
        return nothing, nothing


class AffineScalar(_Scalar):
    """The map `shift + scale * x`.

    Args:
      shift: what is added; nothing if None.
      scale: the factor; 1 if None.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        shift: Any = None,
        scale: Any = None,
        validate_args: bool = False,
        name: str = "affine_scalar",
    ) -> None:
        super().__init__(validate_args, name, is_constant_jacobian=True)
        with self._name_scope("init", [scale, shift]):
            self._shift = None if shift is None else convert_to_tensor(shift, name="shift")
            self._scale = None if scale is None else convert_to_tensor(scale, name="scale")
            if self._scale is not None and validate_args:
                check = assert_none_equal(self._scale, zeros([], self._scale.dtype))
                self._scale = with_dependencies([check], self._scale)

    @property
    def shift(self) -> Any:
        """What is added."""
        return self._shift

    @property
    def scale(self) -> Any:
        """The factor."""
        return self._scale

    def _forward(self, x: Any) -> Any:
        y = identity(x)
        y = y if self.scale is None else y * self.scale
        return y if self.shift is None else y + self.shift

    def _inverse(self, y: Any) -> Any:
        x = identity(y)
        x = x if self.shift is None else x - self.shift
        return x if self.scale is None else x / self.scale

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return _zero(x) if self.scale is None else log(abs_of(self.scale))


class PowerTransform(_Scalar):
    """The map `(1 + x * power) ** (1 / power)`, which is the exponential for 0.

    Args:
      power: a number that is known and not negative.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: `power` is not known, or negative.
    """

    def __init__(
        self, power: Any = 0.0, validate_args: bool = False, name: str = "power_transform"
    ) -> None:
        super().__init__(validate_args, name)
        with self._name_scope("init", [power]):
            known = constant_value(convert_to_tensor(power, name="power"))
        if known is None or known < 0:
            raise ValueError("`power` must be a non-negative TF constant.")
        self._power = known

    @property
    def power(self) -> Any:
        """The power."""
        return self._power

    def _valid_x(self, x: Tensor) -> Tensor:
        if self.power == 0:
            return x
        text = f"Forward transformation input must be at least {-1.0 / self.power}."
        return self._when(x, lambda: assert_non_negative(1.0 + self.power * x, message=text))

    def _valid_y(self, y: Tensor) -> Tensor:
        text = "Inverse transformation input must be greater than 0."
        return self._when(y, lambda: assert_positive(y, message=text))

    def _forward(self, x: Any) -> Any:
        x = self._valid_x(x)
        return exp(x) if self.power == 0 else exp(log1p(x * self.power) / self.power)

    def _inverse(self, y: Any) -> Any:
        y = self._valid_y(y)
        return log(y) if self.power == 0 else expm1(log(y) * self.power) / self.power

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return (self.power - 1.0) * log(self._valid_y(y))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        x = self._valid_x(x)
        return x if self.power == 0 else (1.0 / self.power - 1.0) * log1p(x * self.power)


class Exp(PowerTransform):
    """The exponential."""

    def __init__(self, validate_args: bool = False, name: str = "exp") -> None:
        super().__init__(validate_args=validate_args, name=name)


class Sigmoid(_Scalar):
    """The logistic function."""

    def __init__(self, validate_args: bool = False, name: str = "sigmoid") -> None:
        super().__init__(validate_args, name)

    def _forward(self, x: Any) -> Any:
        return sigmoid(x)

    def _inverse(self, y: Any) -> Any:
        return log(y) - log1p(-y)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return -log(y) - log1p(-y)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return -softplus(-x) - softplus(x)


class Softplus(_Scalar):
    """The map `c * log(1 + exp(x / c))`.

    Args:
      hinge_softness: the number c, not zero; 1 if None.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self, hinge_softness: Any = None, validate_args: bool = False, name: str = "softplus"
    ) -> None:
        super().__init__(validate_args, name)
        self._hinge_softness = None
        if hinge_softness is not None:
            with self._name_scope("init", [hinge_softness]):
                softness = convert_to_tensor(hinge_softness, name="hinge_softness")
                self._hinge_softness = self._when(
                    softness,
                    lambda: assert_none_equal(
                        convert_to_tensor(0, dtype=softness.dtype),
                        softness,
                        message="hinge_softness must be non-zero",
                    ),
                )

    @property
    def hinge_softness(self) -> Any:
        """How soft the bend at zero is."""
        return self._hinge_softness

    def _softness(self, x: Tensor) -> Any:
        return 1.0 if self.hinge_softness is None else cast(self.hinge_softness, x.dtype)

    def _scaled(self, x: Tensor) -> Tensor:
        return x if self.hinge_softness is None else x / self._softness(x)

    def _forward(self, x: Any) -> Any:
        y = softplus(self._scaled(x))
        return y if self.hinge_softness is None else self._softness(x) * y

    def _inverse(self, y: Any) -> Any:
        x = softplus_inverse(self._scaled(y))
        return x if self.hinge_softness is None else self._softness(y) * x

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return -log(-expm1(-self._scaled(y)))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return -softplus(-self._scaled(x))


class Softsign(_Scalar):
    """The map `x / (1 + |x|)`."""

    def __init__(self, validate_args: bool = False, name: str = "softsign") -> None:
        super().__init__(validate_args, name)

    def _valid_y(self, y: Tensor) -> Tensor:
        return self._when(
            y,
            lambda: assert_positive(
                1.0 - abs_of(y), message="Inverse transformation input must be in (-1, 1)."
            ),
        )

    def _forward(self, x: Any) -> Any:
        return x / (1.0 + abs_of(x))

    def _inverse(self, y: Any) -> Any:
        y = self._valid_y(y)
        return y / (1.0 - abs_of(y))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return -2.0 * log1p(abs_of(x))

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return -2.0 * log1p(-abs_of(self._valid_y(y)))


class Square(_Scalar):
    """The square of numbers that are not negative."""

    def __init__(self, validate_args: bool = False, name: str = "square") -> None:
        super().__init__(validate_args, name)

    def _valid(self, x: Tensor) -> Tensor:
        text = "All elements must be non-negative."
        return self._when(x, lambda: assert_non_negative(x, message=text))

    def _forward(self, x: Any) -> Any:
        return square(self._valid(x))

    def _inverse(self, y: Any) -> Any:
        return sqrt(self._valid(y))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return np.log(2.0) + log(self._valid(x))


class Gumbel(_Scalar):
    """The distribution function of the Gumbel distribution.

    Args:
      loc: the place.
      scale: the width.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        validate_args: bool = False,
        name: str = "gumbel",
    ) -> None:
        super().__init__(validate_args, name)
        with self._name_scope("init", [loc, scale]):
            self._loc = convert_to_tensor(loc, name="loc")
            width = convert_to_tensor(scale, name="scale", dtype=self._loc.dtype)
            text = "Argument scale was not positive"
            self._scale = self._when(width, lambda: assert_positive(width, message=text))

    @property
    def loc(self) -> Any:
        """The place."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The width."""
        return self._scale

    def _valid_y(self, y: Tensor) -> Tensor:
        return self._when(y, *_within_unit(y))

    def _forward(self, x: Any) -> Any:
        return exp(-exp(-(x - self.loc) / self.scale))

    def _inverse(self, y: Any) -> Any:
        return self.loc - self.scale * log(-log(self._valid_y(y)))

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        y = self._valid_y(y)
        return log(self.scale / (-log(y) * y))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        z = (x - self.loc) / self.scale
        return -z - exp(-z) - log(self.scale)


class Weibull(_Scalar):
    """The distribution function of the Weibull distribution.

    Args:
      scale: the width.
      concentration: the shape.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        scale: Any = 1.0,
        concentration: Any = 1.0,
        validate_args: bool = False,
        name: str = "weibull",
    ) -> None:
        super().__init__(validate_args, name)
        with self._name_scope("init", [scale, concentration]):
            self._scale = self._positive(scale, "scale")
            self._concentration = self._positive(concentration, "concentration")

    def _positive(self, value: Any, name: str) -> Tensor:
        tensor = convert_to_tensor(value, name=name)
        text = f"Argument {name} was not positive"
        return self._when(tensor, lambda: assert_positive(tensor, message=text))

    @property
    def scale(self) -> Any:
        """The width."""
        return self._scale

    @property
    def concentration(self) -> Any:
        """The shape."""
        return self._concentration

    def _valid_x(self, x: Tensor) -> Tensor:
        text = "Forward transformation input must be at least 0."
        return self._when(x, lambda: assert_non_negative(x, message=text))

    def _valid_y(self, y: Tensor) -> Tensor:
        return self._when(y, *_within_unit(y))

    def _forward(self, x: Any) -> Any:
        return -expm1(-((self._valid_x(x) / self.scale) ** self.concentration))

    def _inverse(self, y: Any) -> Any:
        return self.scale * (-log1p(-self._valid_y(y))) ** (1 / self.concentration)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        y = self._valid_y(y)
        power = 1 / self.concentration - 1
        return -log1p(-y) + power * log(-log1p(-y)) + log(self.scale / self.concentration)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        x = self._valid_x(x)
        shape = self.concentration
        slope = -((x / self.scale) ** shape) + (shape - 1) * log(x)
        return slope + log(shape) - shape * log(self.scale)


class Kumaraswamy(_Scalar):
    """The quantiles of the Kumaraswamy distribution.

    Args:
      concentration1: the first shape.
      concentration0: the second shape.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        name: str = "kumaraswamy",
    ) -> None:
        super().__init__(validate_args, name)
        with self._name_scope("init", [concentration1, concentration0]):
            self._concentration1 = self._positive(concentration1, "concentration1")
            self._concentration0 = self._positive(concentration0, "concentration0")

    def _positive(self, value: Any, name: str) -> Tensor:
        tensor = convert_to_tensor(value, name=name)
        text = "Concentration parameter must be positive."
        return self._when(tensor, lambda: assert_positive(tensor, message=text))

    @property
    def concentration1(self) -> Any:
        """The first shape."""
        return self._concentration1

    @property
    def concentration0(self) -> Any:
        """The second shape."""
        return self._concentration0

    def _valid(self, x: Tensor) -> Tensor:
        return self._when(
            x,
            lambda: assert_non_negative(x, message="sample must be non-negative"),
            lambda: assert_less_equal(
                x, ones([], x.dtype), message="sample must be no larger than `1`."
            ),
        )

    def _forward(self, x: Any) -> Any:
        inner = exp(log1p(-self._valid(x)) / self.concentration0)
        return exp(log1p(-inner) / self.concentration1)

    def _inverse(self, y: Any) -> Any:
        power = (1 - self._valid(y) ** self.concentration1) ** self.concentration0
        return exp(log1p(-power))

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        y = self._valid(y)
        one, zero = self.concentration1, self.concentration0
        return log(one) + log(zero) + (one - 1) * log(y) + (zero - 1) * log1p(-(y**one))


class SinhArcsinh(_Scalar):
    """The map `sinh((arcsinh(x) + skewness) * tailweight)`.

    Args:
      skewness: 0 by default.
      tailweight: positive; 1 by default.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        skewness: Any = None,
        tailweight: Any = None,
        validate_args: bool = False,
        name: str = "SinhArcsinh",
    ) -> None:
        super().__init__(validate_args, name)
        with self._name_scope("init", [skewness, tailweight]):
            self._skewness = convert_to_tensor(0.0 if skewness is None else skewness)
            weight = convert_to_tensor(
                1.0 if tailweight is None else tailweight,
                name="tailweight",
                dtype=self._skewness.dtype,
            )
            text = "Argument tailweight was not positive"
            self._tailweight = self._when(weight, lambda: assert_positive(weight, message=text))

    @property
    def skewness(self) -> Any:
        """How lopsided the image is."""
        return self._skewness

    @property
    def tailweight(self) -> Any:
        """How heavy its tails are."""
        return self._tailweight

    def _forward(self, x: Any) -> Any:
        return sinh((asinh(x) + self.skewness) * self.tailweight)

    def _inverse(self, y: Any) -> Any:
        return sinh(asinh(y) / self.tailweight - self.skewness)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        slope = cosh(asinh(y) / self.tailweight - self.skewness) / _hypotenuse(y)
        return log(slope) - log(self.tailweight)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        slope = cosh((asinh(x) + self.skewness) * self.tailweight) / _hypotenuse(x)
        return log(slope) + log(self.tailweight)


def _hypotenuse(x: Tensor) -> Tensor:
    """Return `sqrt(x * x + 1)`, where the square may be too large for the dtype."""
    least = np.sqrt(np.finfo(x.dtype.as_numpy_dtype).eps)
    is_small = less_equal(abs_of(x) * least, 1.0)
    return where_v2(is_small, sqrt(square(x) + 1.0), abs_of(x))


def _within_unit(y: Tensor) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return what checks that the image of a distribution function is within [0, 1]."""
    return (
        lambda: assert_non_negative(
            y, message="Inverse transformation input must be greater than 0."
        ),
        lambda: assert_less_equal(
            y,
            constant(1.0, y.dtype),
            message="Inverse transformation input must be less than or equal to 1.",
        ),
    )
