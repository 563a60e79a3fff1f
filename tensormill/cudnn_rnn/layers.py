"""`tf.contrib.cudnn_rnn.CudnnLSTM` and its kin: layers with one variable for all parameters.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/layers/cudnn_rnn.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.cudnn_rnn import functions
from tensormill.cudnn_rnn.parameters import Layout, check_direction, check_input_mode
from tensormill.cudnn_rnn.saveables import SAVEABLES
from tensormill.cudnn_rnn.sequences import run_network
from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import TensorShape
from tensormill.layers.base import InputSpec, Layer
from tensormill.ops.array_shapes import shape
from tensormill.ops.filling import zeros
from tensormill.ops.transposition import transpose
from tensormill.variables.initializers import Constant, GlorotUniform
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = ["CudnnGRU", "CudnnLSTM", "CudnnRNNRelu", "CudnnRNNTanh"]

_DTYPES = (dtypes.float16, dtypes.float32, dtypes.float64)


class _CudnnRNN(Layer):
    """A network over sequences [time, batch, depth].

    Args:
      num_layers: how many layers.
      num_units: of each.
      input_mode: how inputs are taken; through matrices in any case.
      direction: "unidirectional" or "bidirectional".
      dropout: the part of the values between layers that is dropped in training.
      seed: of dropout and of the matrices.
      dtype: float16, float32 or float64.
      kernel_initializer: of the matrices.
      bias_initializer: of the biases.
      name: of the variable scope.

    Raises:
      ValueError: `direction`, `input_mode` or `dtype` are not known.
    """

    _mode = "lstm"

    def __init__(
        self,
        num_layers: int,
        num_units: int,
        input_mode: str = "linear_input",
        direction: str = "unidirectional",
        dropout: float = 0.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        check_direction(direction)
        check_input_mode(input_mode)
        if dtypes.as_dtype(dtype) not in _DTYPES:
            raise ValueError(f"Only support float16, float32, float64, provided {dtype}")
        self._plain_dtype = dtypes.as_dtype(dtype)
        self.num_layers = num_layers
        self.num_units = num_units
        self.input_mode = input_mode
        self.direction = direction
        self.rnn_mode = self._mode
        self.saveable: Any = None
        self.kernel: Any = None
        self._dropout = dropout
        self._seed = seed
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer
        self._layout: Layout | None = None

    @property
    def num_dirs(self) -> int:
        """How many directions there are."""
        return 1 if self.direction == "unidirectional" else 2

    @property
    def input_size(self) -> int:
        """The size of the inputs.

        Raises:
          ValueError: the layer has not been built.
        """
        if self._layout is None:
            raise ValueError("'input_size' is unknown since layer has not been built.")
        return self._layout.input_size

    @property
    def canonical_weight_shapes(self) -> list[tuple[int, int]]:
        """The shapes of the matrices.

        Raises:
          RuntimeError: the layer has not been built.
        """
        if self._layout is None:
            raise RuntimeError(
                f"{type(self).__name__}.canonical_weight_shapes invoked before input shape is known"
            )
        return self._layout.weight_shapes()

    @property
    def canonical_bias_shapes(self) -> list[list[int]]:
        """The shapes of the biases."""
        return Layout(self._mode, self.num_layers, self.num_units, 1, self.direction).bias_shapes()

    def build(self, input_shape: Any) -> None:
        """Make the variable `opaque_kernel`, and what saves it as the variables of cells.

        Raises:
          ValueError: the inputs have not three dimensions, or their last one is not known.
        """
        if self.built:
            return
        given = TensorShape(input_shape)
        if given.ndims != 3:
            raise ValueError(f"Expecting input_shape with 3 dims, got {given.ndims}")
        depth = given[-1].value
        if depth is None:
            raise ValueError(
                "The last dimension of the inputs to `CudnnRNN` should be defined. Found `None`."
            )
        layout = self._layout = Layout(
            self._mode, self.num_layers, self.num_units, depth, self.direction
        )
        self.input_spec = InputSpec(ndim=3, axes={-1: depth})
        self._set_scope(None)
        kernel = self._kernel_initializer or GlorotUniform(self._seed, self._plain_dtype)
        bias = self._bias_initializer or Constant(0.0, dtype=self._plain_dtype)
        with variable_scope(self._scope, reuse=self.built):
            dtype = self._plain_dtype
            params = layout.to_vector(
                [kernel(list(dims), dtype=dtype) for dims in layout.weight_shapes()],
                [bias(dims, dtype=dtype) for dims in layout.bias_shapes()],
            )
            self.kernel = get_variable(
                "opaque_kernel", dtype=dtype, initializer=params, validate_shape=False
            )
            self._trainable_weights.append(self.kernel)
            if get_variable_scope().reuse is not True:
                self.saveable = SAVEABLES[self._mode](
                    self.kernel,
                    self.num_layers,
                    self.num_units,
                    depth,
                    self.input_mode,
                    self.direction,
                    get_variable_scope(),
                    f"{self.kernel.op.name}_saveable",
                )
                get_default_graph().add_to_collection(GraphKeys.SAVEABLE_OBJECTS, self.saveable)
        self.built = True

    def state_shape(self, batch_size: Any) -> tuple[list[Any], ...]:
        """Return the shapes of the states of a batch."""
        dims = [self.num_layers * self.num_dirs, batch_size, self.num_units]
        return (dims, list(dims)) if self._mode == "lstm" else (dims,)

    def call(  # type: ignore[override]
        self,
        inputs: Any,
        initial_state: Any = None,
        sequence_lengths: Any = None,
        time_major: bool = True,
        training: bool = True,
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the outputs and the last states of all layers and directions.

        Args:
          inputs: [time, batch, depth], or [batch, time, depth] without `time_major`.
          initial_state: a tuple of states [layers * directions, batch, units]: outputs, and
            memories of an LSTM; zeros by default. Without `time_major` the batch comes first.
          sequence_lengths: int32 [batch]: behind them outputs are zero.
          time_major: whether time comes first.
          training: whether dropout is on.

        Raises:
          TypeError: `initial_state` is no tuple.
        """
        if initial_state is not None and not isinstance(initial_state, tuple):
            raise TypeError(f"Invalid initial_state type: {initial_state}, expecting tuple.")
        assert self._layout is not None
        inputs = convert_to_tensor(inputs, dtype=self._plain_dtype)
        if initial_state is None:
            states = [
                zeros(dims, self._plain_dtype)
                for dims in self.state_shape(shape(inputs)[1 if time_major else 0])
            ]
            if not time_major:
                states = [transpose(each, [1, 0, 2]) for each in states]
        else:
            states = [convert_to_tensor(each, dtype=self._plain_dtype) for each in initial_state]
        outputs, *ends = run_network(
            self._mode,
            inputs,
            states[0],
            states[1] if self._mode == "lstm" else None,
            self.kernel,
            training,
            input_mode=self.input_mode,
            direction=self.direction,
            dropout=self._dropout,
            seed=self._seed,
            sequence_lengths=sequence_lengths,
            time_major=time_major,
        )
        return outputs, tuple(ends[: len(states)])


class CudnnLSTM(_CudnnRNN):
    """An LSTM; see `_CudnnRNN` for its arguments.

    With `input_size` it is what TensorFlow 1.3 had under this name: a network without variables,
    see `functions.CudnnLSTM`.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the layer, or a network without variables where the size of inputs is given."""
        if "input_size" in kwargs:
            return functions.CudnnLSTM(*args, **kwargs)
        return super().__new__(cls)


class CudnnGRU(_CudnnRNN):
    """A GRU."""

    _mode = "gru"


class CudnnRNNTanh(_CudnnRNN):
    """A simple network with tanh."""

    _mode = "rnn_tanh"


class CudnnRNNRelu(_CudnnRNN):
    """A simple network with relu."""

    _mode = "rnn_relu"
