"""Saving a vector of parameters as the variables of cells, so that either can restore the other.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.cudnn_rnn.parameters import GATES, Layout
from tensormill.graph.tensor import Tensor
from tensormill.ops.identities import identity
from tensormill.variables.assignments import assign
from tensormill.variables.saveable_object import SaveableObject, SaveSpec
from tensormill.variables.scope import VariableScope

__all__ = [
    "CudnnGRUSaveable",
    "CudnnLSTMSaveable",
    "CudnnOpaqueParamsSaveable",
    "CudnnParamsFormatConverter",
    "CudnnParamsFormatConverterGRU",
    "CudnnParamsFormatConverterLSTM",
    "CudnnParamsFormatConverterRelu",
    "CudnnParamsFormatConverterTanh",
    "CudnnRNNReluSaveable",
    "CudnnRNNTanhSaveable",
    "RNNParamsSaveable",
]


class CudnnParamsFormatConverter:
    """Turns vectors of parameters into kernels and biases of cells, and back.

    Args:
      num_layers: of the network, as the next two.
      num_units: of each layer.
      input_size: of the first layer.
      num_proj: must be 0 or None: outputs are not projected.
      input_mode: not used: inputs go through matrices.
      direction: "unidirectional" or "bidirectional".

    Raises:
      ValueError: `num_proj` is not 0.
    """

    _mode = "lstm"

    def __init__(
        self,
        num_layers: int,
        num_units: int,
        input_size: int,
        num_proj: int | None = None,
        input_mode: str = "linear_input",
        direction: str = "unidirectional",
    ) -> None:
        if num_proj:
            raise ValueError("Projected outputs are not supported: num_proj must be 0")
        self.layout = Layout(self._mode, num_layers, num_units, input_size, direction)

    def opaque_to_tf_canonical(self, opaque_param: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Return the kernels and biases of cells in a vector."""
        return self.layout.to_cell_variables(opaque_param)

    def tf_canonical_to_opaque(self, tf_canonicals: Any, weights_proj: Any = None) -> Tensor:
        """Return the vector of kernels and biases, given one after the other."""
        half = len(tf_canonicals) // 2
        return self.layout.from_cell_variables(tf_canonicals[:half], tf_canonicals[half:])


class CudnnParamsFormatConverterLSTM(CudnnParamsFormatConverter):
    """For LSTMs."""


class CudnnParamsFormatConverterGRU(CudnnParamsFormatConverter):
    """For GRUs."""

    _mode = "gru"


class CudnnParamsFormatConverterTanh(CudnnParamsFormatConverter):
    """For simple networks with tanh."""

    _mode = "rnn_tanh"


class CudnnParamsFormatConverterRelu(CudnnParamsFormatConverter):
    """For simple networks with relu."""

    _mode = "rnn_relu"


class CudnnOpaqueParamsSaveable(SaveableObject):
    """A variable with a vector of parameters, saved as the variables of cells.

    Args:
      opaque_params: the variable.
      num_layers: of the network, as the next two.
      num_units: of each layer.
      input_size: of the first layer.
      input_mode: not used.
      direction: "unidirectional" or "bidirectional".
      scope: the scope of the cells' variables: a name or a `VariableScope`.
      name: of this object.
    """

    _converter_class: type[CudnnParamsFormatConverter] = CudnnParamsFormatConverterLSTM

    def __init__(
        self,
        opaque_params: Any,
        num_layers: int,
        num_units: int,
        input_size: int,
        input_mode: str = "linear_input",
        direction: str = "unidirectional",
        scope: Any = None,
        name: str = "cudnn_rnn_saveable",
    ) -> None:
        self._variable = opaque_params
        self.format_converter = self._converter_class(
            num_layers, num_units, input_size, None, input_mode, direction
        )
        kernels, biases = self.format_converter.opaque_to_tf_canonical(opaque_params)
        kernel_names, bias_names = self.format_converter.layout.variable_names()
        prefix = scope.name if isinstance(scope, VariableScope) else scope
        specs = [
            SaveSpec(tensor, "", f"{prefix}/{each}" if prefix else each)
            for tensor, each in zip([*kernels, *biases], [*kernel_names, *bias_names], strict=True)
        ]
        super().__init__(identity(opaque_params), specs, name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that takes over restored variables of cells."""
        params = self.format_converter.tf_canonical_to_opaque(restored_tensors)
        return assign(self._variable, params, validate_shape=False)


class CudnnLSTMSaveable(CudnnOpaqueParamsSaveable):
    """For LSTMs."""


class CudnnGRUSaveable(CudnnOpaqueParamsSaveable):
    """For GRUs."""

    _converter_class = CudnnParamsFormatConverterGRU


class CudnnRNNTanhSaveable(CudnnOpaqueParamsSaveable):
    """For simple networks with tanh."""

    _converter_class = CudnnParamsFormatConverterTanh


class CudnnRNNReluSaveable(CudnnOpaqueParamsSaveable):
    """For simple networks with relu."""

    _converter_class = CudnnParamsFormatConverterRelu


class RNNParamsSaveable(SaveableObject):
    """A vector of parameters, saved as its matrices and biases; as TensorFlow 1.3 had it.

    Args:
      cudnn_rnn: the network.
      params_to_canonical: returns matrices and biases of a vector.
      canonical_to_params: returns the vector of matrices and biases.
      param_variables: the variable with the vector.
      base_variable_scope: the scope of the names in checkpoints.
      name: the beginning of the names.
    """

    def __init__(
        self,
        cudnn_rnn: Any,
        params_to_canonical: Callable[[Any], tuple[list[Any], list[Any]]],
        canonical_to_params: Callable[[Any, Any], Any],
        param_variables: Any,
        base_variable_scope: str | None = None,
        name: str = "params_canonical",
    ) -> None:
        self._variable = param_variables
        self._canonical_to_params = canonical_to_params
        weights, biases = params_to_canonical(param_variables)
        prefix = f"{base_variable_scope}/{name}" if base_variable_scope else name
        specs = [
            SaveSpec(tensor, "", f"{prefix}_{kind}_{index}")
            for kind, tensors in (("weights", weights), ("biases", biases))
            for index, tensor in enumerate(tensors)
        ]
        self._count = len(weights)
        super().__init__(identity(param_variables), specs, name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that takes over restored matrices and biases."""
        params = self._canonical_to_params(
            restored_tensors[: self._count], restored_tensors[self._count :]
        )
        return assign(self._variable, params, validate_shape=False)


SAVEABLES: dict[str, type[CudnnOpaqueParamsSaveable]] = dict(
    zip(
        GATES,
        (CudnnLSTMSaveable, CudnnGRUSaveable, CudnnRNNTanhSaveable, CudnnRNNReluSaveable),
        strict=True,
    )
)
"""For each kind of network what saves it."""
