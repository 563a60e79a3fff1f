"""Optimizers of canned estimators, by their name.

Source: TensorFlow Estimator 1.15, python/estimator/canned/optimizers.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.train.adagrad import AdagradOptimizer
from tensormill.train.adam import AdamOptimizer
from tensormill.train.ftrl import FtrlOptimizer
from tensormill.train.gradient_descent import GradientDescentOptimizer
from tensormill.train.optimizer import Optimizer
from tensormill.train.rmsprop import RMSPropOptimizer

__all__ = ["get_optimizer_instance"]

_BY_NAME: dict[str, Any] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}


def get_optimizer_instance(opt: Any, learning_rate: float | None = None) -> Optimizer:
    """Return an optimizer.

    Args:
      opt: an optimizer, a function that returns one, or a name.
      learning_rate: of one that is given by its name.

    Raises:
      ValueError: there is none of that name, or it is none.
    """
    if isinstance(opt, str):
        if opt not in _BY_NAME:
            raise ValueError(
                f"Unsupported optimizer name: {opt}. Supported names are: {tuple(sorted(_BY_NAME))}"
            )
        if not learning_rate:
            raise ValueError("learning_rate must be specified when opt is string.")
        named: Optimizer = _BY_NAME[opt](learning_rate=learning_rate)
        return named
    if callable(opt):
        opt = opt()
    if not isinstance(opt, Optimizer):
        raise ValueError(f"The given object is not an Optimizer instance. Given: {opt}")
    return opt
