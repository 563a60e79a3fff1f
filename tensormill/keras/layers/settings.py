"""The settings of kernels and biases that many layers have, under the same names.

Source: TensorFlow 1.15, python/keras/layers/core.py and convolutional.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.keras import constraints, initializers, regularizers

__all__ = ["WeightSettings"]


class WeightSettings:
    """A layer with `<role>_initializer`, `<role>_regularizer` and `<role>_constraint`."""

    use_bias: bool
    _roles: tuple[str, ...] = ("kernel", "bias")

    def add_kernel(self, name: str, shape: Any, role: str = "kernel") -> Any:
        """Return a new weight with the settings of a role."""
        make: Any = self.add_weight  # type: ignore[attr-defined]
        return make(
            name,
            shape=shape,
            initializer=getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def add_bias(self, shape: Any) -> Any:
        """Return a new bias."""
        return self.add_kernel("bias", shape, "bias")

    def weight_config(self) -> dict[str, Any]:
        """Return the settings of all roles as plain data."""
        config: dict[str, Any] = {"use_bias": self.use_bias} if hasattr(self, "use_bias") else {}
        for role in self._roles:
            for kind, module in (
                ("initializer", initializers),
                ("regularizer", regularizers),
                ("constraint", constraints),
            ):
                value = getattr(self, f"{role}_{kind}")
                config[f"{role}_{kind}"] = None if value is None else module.serialize(value)
        return config
