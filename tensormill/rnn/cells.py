"""Cells: what a recurrent network does in one step of time; here the base, the simple one, GRUs.

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import nest
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import activation_function
from tensormill.layers.base import InputSpec, Layer
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.joining import concat, split
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.rnn.state_shapes import zero_states
from tensormill.variables import keras_initializers
from tensormill.variables.initialization import trainable_variables
from tensormill.variables.initializers import Constant, Zeros
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = [
    "BasicRNNCell",
    "GRUCell",
    "LayerRNNCell",
    "RNNCell",
    "UnitSizes",
    "assert_like_cell",
]


NOT_A_CELL = "is not an RNNCell"
"""What the error of `assert_like_cell` says."""


def assert_like_cell(role: str, cell: Any) -> None:
    """Refuse what does not behave like a cell.

    Raises:
      TypeError: `cell` lacks something; the message says what.
    """
    lacks = []
    if not hasattr(cell, "output_size"):
        lacks.append("'output_size' property is missing")
    if not hasattr(cell, "state_size"):
        lacks.append("'state_size' property is missing")
    if not (hasattr(cell, "zero_state") or hasattr(cell, "get_initial_state")):
        lacks.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        lacks.append("is not callable")
    if lacks:
        raise TypeError(f"The argument {role!r} ({cell}) {NOT_A_CELL}: {', '.join(lacks)}.")


def check_cell_dtypes(*values: Any) -> None:
    """Refuse dtypes that cells do not compute with; None passes.

    Args:
      *values: dtypes, or structures of tensors.

    Raises:
      ValueError: a dtype is not a floating or complex one.
    """
    for leaf in nest.flatten(list(values)):
        dtype = leaf.dtype if isinstance(leaf, Tensor) else leaf
        if dtype is None:
            continue
        dtype = as_dtype(dtype)
        if not (dtype.is_floating or dtype.is_complex):
            raise ValueError(
                f"RNN cell only supports floating point inputs, but saw dtype: {dtype}"
            )


def input_depth(input_shape: Any) -> int:
    """Return the size of the last axis of the input of a cell.

    Raises:
      ValueError: it is not known.
    """
    dims = as_dims(input_shape)
    depth = None if dims is None else dims[-1]
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {dims}")
    return depth


class RNNCell(Layer):
    """The base of cells: `call(inputs, state)` returns (output, next state).

    Subclasses that make their variables with `get_variable` in `call` derive from this class, those
    that make them in `build` from `LayerRNNCell`.
    """

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._rnn_scope: variable_scope | None = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Make the nodes of one step.

        Args:
          inputs: [batch, depth], or a structure of such tensors.
          state: a structure like `state_size` of tensors [batch, size].
          scope: the variable scope of the variables.

        Returns:
          the output, in the structure of `output_size`, and the next state.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._noted_variable) as opened:
                return super().__call__(inputs, state, scope=opened)
        if self._rnn_scope is None:
            self._rnn_scope = variable_scope(
                get_variable_scope(), custom_getter=self._noted_variable
            )
        with self._rnn_scope:
            return super().__call__(inputs, state)

    def _noted_variable(self, getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return what `getter` gives, and list it among the weights."""
        variable = getter(*args, **kwargs)
        is_trainable = any(variable is known for known in trainable_variables())
        listed = self._trainable_weights if is_trainable else self._non_trainable_weights
        if all(variable is not other for other in listed):
            listed.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """The sizes of the state: an int, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The sizes of the output: an int, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    def build(self, input_shape: Any) -> None:
        """Make no variables; subclasses make them in `call`, or derive from `LayerRNNCell`."""

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return a state of zeros.

        Args:
          inputs: says the batch size and the dtype.
          batch_size: an int or a scalar tensor; needed without `inputs`.
          dtype: needed without `inputs`.

        Raises:
          ValueError: the arguments do not agree, or are missing.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            rows = inputs.dims[0]
            if batch_size is not None:
                known = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
                if rows != known:
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input "
                        f"tensor batch: {rows}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size = rows or shape_of(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return a state of zeros for a batch size, an int or a scalar tensor."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return zero_states(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """The base of cells that make their variables in `build`."""

    # The arguments of the constructor that `get_config` tells, besides those of all cells.
    _settings: tuple[str, ...] = ()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor as plain data."""
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        for setting in self._settings:
            value = getattr(self, f"_{setting}")
            if setting == "activation":
                value = value.__name__
            elif setting.endswith("initializer") and value is not None:
                value = keras_initializers.serialize(value)
            config[setting] = value
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the cell of these settings."""
        found = {
            name: keras_initializers.get(value) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        return cls(**found)

    def __call__(
        self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Make the nodes of one step, as `RNNCell` does."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


class UnitSizes:
    """The sizes of a cell whose state is its output."""

    _num_units: int

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units


class BasicRNNCell(UnitSizes, LayerRNNCell):
    """The simple cell: output = next state = activation(W [inputs, state] + b).

    Args:
      num_units: the size of the state.
      activation: a function or its name; tanh by default.
      reuse: whether to reuse variables.
      name: the name of the variable scope.
      dtype: of the variables; by default that of the first input.
      **kwargs: of `Layer`.
    """

    _settings = ("num_units", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_cell_dtypes(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_function(activation) or tanh

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        units = self._num_units
        depth = input_depth(input_shape)
        check_cell_dtypes(self.dtype)
        self._kernel = self.add_variable("kernel", shape=[depth + units, units])
        self._bias = self.add_variable(
            "bias", shape=[units], initializer=Zeros(dtype=self.dtype or "float32")
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        check_cell_dtypes(inputs, state)
        gates = bias_add(matmul(concat([inputs, state], 1), self._kernel), self._bias)
        output = self._activation(gates)
        return output, output


class GRUCell(UnitSizes, LayerRNNCell):
    """The gated recurrent unit (Cho et al., https://arxiv.org/abs/1406.1078).

    Args:
      num_units: the size of the state.
      activation: a function or its name; tanh by default.
      reuse: whether to reuse variables.
      kernel_initializer: of both kernels.
      bias_initializer: of both biases; by default ones for the gates and zeros for the candidate.
      name: the name of the variable scope.
      dtype: of the variables; by default that of the first input.
      **kwargs: of `Layer`.
    """

    _settings = ("num_units", "kernel_initializer", "bias_initializer", "activation", "reuse")

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_cell_dtypes(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_function(activation) or tanh
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the biases."""
        units = self._num_units
        depth = input_depth(input_shape)
        check_cell_dtypes(self.dtype)
        dtype = self.dtype or "float32"
        self._gate_kernel = self.add_variable(
            "gates/kernel", shape=[depth + units, 2 * units], initializer=self._kernel_initializer
        )
        self._gate_bias = self.add_variable(
            "gates/bias",
            shape=[2 * units],
            initializer=self._bias_initializer or Constant(1.0, dtype=dtype),
        )
        self._candidate_kernel = self.add_variable(
            "candidate/kernel", shape=[depth + units, units], initializer=self._kernel_initializer
        )
        self._candidate_bias = self.add_variable(
            "candidate/bias",
            shape=[units],
            initializer=self._bias_initializer or Zeros(dtype=dtype),
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output, twice."""
        check_cell_dtypes(inputs, state)
        gates = matmul(concat([inputs, state], 1), self._gate_kernel)
        value = sigmoid(bias_add(gates, self._gate_bias))
        reset, update = split(value=value, num_or_size_splits=2, axis=1)
        reset_state = reset * state
        candidate = matmul(concat([inputs, reset_state], 1), self._candidate_kernel)
        candidate = self._activation(bias_add(candidate, self._candidate_bias))
        output = update * state + (1 - update) * candidate
        return output, output
