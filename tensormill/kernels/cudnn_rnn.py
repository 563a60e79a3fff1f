"""Kernels of networks whose parameters are one vector, by torch's networks of one layer.

All matrices come first in the vector, then all biases; a layer and direction has those applied to
the inputs, gate by gate, then those applied to the state, then the projection. Gates are in cuDNN's
order, which is torch's too. What a step of training keeps for its gradient are the masks of
dropout; the rest is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel_factory

Tensor = torch.Tensor

_GATES = {b"lstm": 4, b"gru": 3, b"rnn_tanh": 1, b"rnn_relu": 1}
_NETWORKS: dict[bytes, Callable[..., Any]] = {
    b"lstm": torch._VF.lstm,
    b"gru": torch._VF.gru,
    b"rnn_tanh": torch._VF.rnn_tanh,
    b"rnn_relu": torch._VF.rnn_relu,
}


@dataclass(frozen=True)
class Network:
    """The sizes of a network.

    Attributes:
      mode: the kind of cells.
      num_layers, num_units, input_size: as in the attributes and inputs.
      directions: 1 or 2.
      num_proj: the size of projected outputs, 0 for none.
      skips: the inputs of the first layer go through no matrices.
    """

    mode: bytes
    num_layers: int
    num_units: int
    input_size: int
    directions: int
    num_proj: int
    skips: bool

    @classmethod
    def of(cls, attrs: dict[str, Any], num_layers: int, num_units: int, input_size: int) -> Network:
        """Return the network that the attributes of a node describe.

        Raises:
          InvalidArgumentError: inputs of another size than the units cannot skip the matrices.
        """
        skips = attrs["input_mode"] == b"skip_input"
        if skips and input_size != num_units:
            raise errors.invalid_argument(
                f"skip_input needs inputs of the size of the units, {input_size} != {num_units}"
            )
        return cls(
            attrs["rnn_mode"],
            num_layers,
            num_units,
            input_size,
            2 if attrs["direction"] == b"bidirectional" else 1,
            attrs.get("num_proj", 0),
            skips or (attrs["input_mode"] == b"auto_select" and input_size == num_units),
        )

    @property
    def outputs(self) -> int:
        """The size of the outputs of a direction."""
        return self.num_proj or self.num_units

    def _width(self, layer: int) -> int:
        return self.input_size if layer == 0 else self.outputs * self.directions

    def weight_shapes(self) -> list[tuple[int, int]]:
        """Return the shapes of the matrices, in order."""
        gates, units = _GATES[self.mode], self.num_units
        shapes = []
        for layer in range(self.num_layers):
            of_inputs = (0, 0) if self.skips and layer == 0 else (units, self._width(layer))
            own = [of_inputs] * gates + [(units, self.outputs)] * gates
            shapes += (own + [(self.num_proj, units)] * bool(self.num_proj)) * self.directions
        return shapes

    def bias_count(self) -> int:
        """Return how many biases there are."""
        return self.num_layers * self.directions * 2 * _GATES[self.mode]

    def size(self) -> int:
        """Return how many parameters there are."""
        matrices = sum(rows * columns for rows, columns in self.weight_shapes())
        return matrices + self.bias_count() * self.num_units

    def split(self, params: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the matrices and biases in a vector.

        Raises:
          InvalidArgumentError: the vector has another size.
        """
        if params.numel() != self.size():
            raise errors.invalid_argument(
                f"The network has {self.size()} parameters, but got {params.numel()}"
            )
        shapes = self.weight_shapes()
        sizes = [rows * columns for rows, columns in shapes]
        parts = params.reshape(-1).split(sizes + [self.num_units] * self.bias_count())
        matrices = [part.reshape(dims) for part, dims in zip(parts, shapes, strict=False)]
        return matrices, list(parts[len(shapes) :])

    def layers(self, params: Tensor) -> Iterator[list[Tensor]]:
        """Yield the parameters of each layer in torch's form: of one direction, then the other."""
        matrices, biases = self.split(params)
        gates = _GATES[self.mode]
        per_cell = 2 * gates + bool(self.num_proj)
        for layer in range(self.num_layers):
            flat = []
            for cell in range(layer * self.directions, (layer + 1) * self.directions):
                own = matrices[cell * per_cell : (cell + 1) * per_cell]
                vectors = biases[cell * 2 * gates : (cell + 1) * 2 * gates]
                of_inputs = own[:gates]
                if self.skips and layer == 0:
                    of_inputs = [torch.eye(self.num_units).to(params)] * gates
                flat += [torch.cat(of_inputs), torch.cat(own[gates : 2 * gates])]
                flat += [torch.cat(vectors[:gates]), torch.cat(vectors[gates:]), *own[2 * gates :]]
            yield flat

    def run(
        self,
        inputs: Tensor,
        state_h: Tensor,
        state_c: Tensor | None,
        params: Tensor,
        masks: Sequence[Tensor],
        lengths: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the outputs [time, batch, ...], the last outputs and the last memories."""
        value = inputs
        last_h, last_c = [], []
        for layer, weights in enumerate(self.layers(params)):
            if layer and masks:
                value = value * masks[layer - 1]
            own = slice(layer * self.directions, (layer + 1) * self.directions)
            begin: Any = state_h[own].contiguous()
            if state_c is not None:
                begin = [begin, state_c[own].contiguous()]
            value, ends = self._run_layer(value, begin, weights, lengths)
            last_h.append(ends[0])
            last_c += ends[1:]
        return value, torch.cat(last_h), torch.cat(last_c) if last_c else None

    def _run_layer(
        self, inputs: Tensor, begin: Any, weights: list[Tensor], lengths: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        if self.num_proj and inputs.dtype is torch.float32:
            # In float32 torch warns that oneDNN has no projections.
            begin = [state.double() for state in begin]
            wide = [weight.double() for weight in weights]
            made, ends = self._run_layer(inputs.double(), begin, wide, lengths)
            return made.float(), [end.float() for end in ends]
        options = (True, 1, 0.0, False, self.directions == 2)
        network = _NETWORKS[self.mode]
        if lengths is None:
            made, *ends = network(inputs, begin, weights, *options, False)
            return made, ends
        steps, is_empty = inputs.shape[0], (lengths == 0)
        packed = pack_padded_sequence(inputs, lengths.clamp(min=1), enforce_sorted=False)
        order, back = packed.sorted_indices, packed.unsorted_indices
        states = begin if isinstance(begin, list) else [begin]
        ordered = [state.index_select(1, order) for state in states]
        data, *ends = network(
            packed.data,
            packed.batch_sizes,
            ordered if isinstance(begin, list) else ordered[0],
            weights,
            *options,
        )
        made, _ = pad_packed_sequence(
            PackedSequence(data, packed.batch_sizes, order, back), total_length=steps
        )
        empty = is_empty.to(inputs.device)[None, :, None]
        ends = [
            torch.where(empty, state, end.index_select(1, back))
            for state, end in zip(states, ends, strict=True)
        ]
        return made.masked_fill(empty, 0), ends


def _network_of(attrs: dict[str, Any], inputs: Tensor, state_h: Tensor, state_c: Tensor) -> Network:
    if inputs.ndim != 3 or state_h.ndim != 3:
        wrong = inputs if inputs.ndim != 3 else state_h
        raise errors.invalid_argument(
            f"RNN input must be a 3-D vector, got {format_dims(tuple(wrong.shape), 'kernel')}"
        )
    directions = 2 if attrs["direction"] == b"bidirectional" else 1
    units = (state_c if attrs.get("num_proj") else state_h).shape[2]
    return Network.of(attrs, state_h.shape[0] // directions, units, inputs.shape[2])


def _time_first(*values: Tensor) -> list[Tensor]:
    return [value.transpose(0, 1) if value.ndim == 3 else value for value in values]


def _masks(network: Network, inputs: Tensor, rate: float, generator: Any) -> Tensor:
    """Draw what the values between layers are multiplied by: [layers - 1, time, batch, width]."""
    width = network.outputs * network.directions
    shape = (network.num_layers - 1, *inputs.shape[:2], width)
    kept = torch.rand(shape, generator=generator) >= rate
    return kept.to(inputs) / (1 - rate)


def _run_op(ctx: KernelContext, versions: int) -> Any:
    attrs = ctx.attrs
    is_time_major = attrs.get("time_major", True)
    rate = attrs["dropout"] if attrs["is_training"] else 0.0
    generator = torch.Generator()
    if attrs["seed"] or attrs["seed2"]:
        generator.manual_seed((attrs["seed"] * 1_000_003 + attrs["seed2"]) & (2**63 - 1))
    else:
        generator.seed()

    def run(
        inputs: Tensor, input_h: Tensor, input_c: Tensor, params: Tensor, *lengths: Any
    ) -> list[Any]:
        if not is_time_major:
            inputs, input_h, input_c = _time_first(inputs, input_h, input_c)
        network = _network_of(attrs, inputs, input_h, input_c)
        reserved = inputs.new_zeros(0)
        if rate and network.num_layers > 1:
            reserved = _masks(network, inputs, rate, generator)
        memory = input_c if network.mode == b"lstm" else None
        made, last_h, last_c = network.run(
            inputs, input_h, memory, params, list(reserved), _lengths(lengths)
        )
        if last_c is None:
            last_c = inputs.new_zeros(())
        if not is_time_major:
            made, last_h, last_c = _time_first(made, last_h, last_c)
        outputs: list[Any] = [
            made.contiguous(), last_h.contiguous(), last_c.contiguous(), reserved.reshape(-1),
        ]  # fmt: skip
        return outputs if versions == 1 else [*outputs, np.zeros(0, np.int8)]

    return run


def _lengths(given: tuple[Any, ...]) -> Tensor | None:
    return torch.from_numpy(np.array(given[0], np.int64)) if given else None


_HOST = ("host_reserved",)


@kernel_factory("CudnnRNN", "cpu", "gpu")
def make_cudnn_rnn(ctx: KernelContext) -> Any:
    return _run_op(ctx, 1)


@kernel_factory("CudnnRNNV2", "cpu", "gpu", host_outputs=_HOST)
def make_cudnn_rnn_v2(ctx: KernelContext) -> Any:
    return _run_op(ctx, 2)


@kernel_factory("CudnnRNNV3", "cpu", "gpu", host_inputs=("sequence_lengths",), host_outputs=_HOST)
def make_cudnn_rnn_v3(ctx: KernelContext) -> Any:
    return _run_op(ctx, 3)


def _backprop(ctx: KernelContext, lengths_at: int | None) -> Any:
    attrs = ctx.attrs
    is_time_major = attrs.get("time_major", True)

    def backprop(*values: Any) -> list[Any]:
        given = list(values)
        lengths = None if lengths_at is None else _lengths((given.pop(lengths_at),))
        inputs, input_h, input_c, params, _, _, _, *backprops, reserved = given[:11]
        if not is_time_major:
            inputs, input_h, input_c, *backprops = _time_first(inputs, input_h, input_c, *backprops)
        network = _network_of(attrs, inputs, input_h, input_c)
        is_lstm = network.mode == b"lstm"
        width = network.outputs * network.directions
        masks = list(reserved.reshape(-1, *inputs.shape[:2], width)) if reserved.numel() else []
        leaves = [
            leaf.detach().clone().requires_grad_()
            for leaf in (inputs, input_h, *([input_c] if is_lstm else []), params)
        ]
        with torch.enable_grad():
            memory = leaves[2] if is_lstm else None
            made = network.run(leaves[0], leaves[1], memory, leaves[-1], masks, lengths)
            kept = [value for value in made if value is not None]
            found = torch.autograd.grad(
                kept, leaves, [grad.contiguous() for grad in backprops[: len(kept)]],
                allow_unused=True,
            )  # fmt: skip
        grads = [
            torch.zeros_like(leaf) if grad is None else grad
            for leaf, grad in zip(leaves, found, strict=True)
        ]
        by_c = grads[2] if is_lstm else torch.zeros_like(input_c)
        results = [grads[0], grads[1], by_c]
        if not is_time_major:
            results = _time_first(*results)
        return [*(result.contiguous() for result in results), grads[-1]]

    return backprop


@kernel_factory("CudnnRNNBackprop", "cpu", "gpu")
def make_backprop(ctx: KernelContext) -> Any:
    return _backprop(ctx, None)


@kernel_factory("CudnnRNNBackpropV2", "cpu", "gpu", host_inputs=_HOST)
def make_backprop_v2(ctx: KernelContext) -> Any:
    return _backprop(ctx, None)


@kernel_factory("CudnnRNNBackpropV3", "cpu", "gpu", host_inputs=("sequence_lengths", *_HOST))
def make_backprop_v3(ctx: KernelContext) -> Any:
    return _backprop(ctx, 4)


_SIZES = ("num_layers", "num_units", "input_size")


def _network_of_sizes(ctx: KernelContext) -> Any:
    def network(num_layers: Any, num_units: Any, input_size: Any) -> Network:
        return Network.of(ctx.attrs, int(num_layers), int(num_units), int(input_size))

    return network


@kernel_factory(
    "CudnnRNNParamsSize", "cpu", "gpu", host_inputs=_SIZES, host_outputs=("params_size",)
)
def make_params_size(ctx: KernelContext) -> Any:
    network_of, kind = _network_of_sizes(ctx), _numpy_type(ctx.attrs["S"])
    return lambda *sizes: np.array([network_of(*sizes).size()], kind)


def _numpy_type(dtype: DType) -> Any:
    return dtype.as_numpy_dtype


@kernel_factory("CudnnRNNParamsToCanonical", "cpu", "gpu", host_inputs=_SIZES)
@kernel_factory("CudnnRNNParamsToCanonicalV2", "cpu", "gpu", host_inputs=_SIZES)
def make_params_to_canonical(ctx: KernelContext) -> Any:
    network_of = _network_of_sizes(ctx)
    attrs = ctx.attrs
    wanted = (
        attrs.get("num_params_weights", attrs.get("num_params")),
        attrs.get("num_params_biases", attrs.get("num_params")),
    )

    def params_to_canonical(
        num_layers: Any, num_units: Any, input_size: Any, params: Tensor
    ) -> list[Tensor]:
        matrices, biases = network_of(num_layers, num_units, input_size).split(params)
        if (len(matrices), len(biases)) != wanted:
            raise errors.invalid_argument(
                f"Number of params mismatch. Expected {wanted}, got "
                f"({len(matrices)}, {len(biases)})"
            )
        return [part.clone() for part in (*matrices, *biases)]

    return params_to_canonical


@kernel_factory("CudnnRNNCanonicalToParams", "cpu", "gpu", host_inputs=_SIZES)
@kernel_factory("CudnnRNNCanonicalToParamsV2", "cpu", "gpu", host_inputs=_SIZES)
def make_canonical_to_params(ctx: KernelContext) -> Any:
    network_of = _network_of_sizes(ctx)

    def canonical_to_params(
        num_layers: Any,
        num_units: Any,
        input_size: Any,
        weights: list[Tensor],
        biases: list[Tensor],
    ) -> Tensor:
        network = network_of(num_layers, num_units, input_size)
        shapes = network.weight_shapes()
        if (len(weights), len(biases)) != (len(shapes), network.bias_count()):
            raise errors.invalid_argument(
                f"Number of params mismatch. Expected ({len(shapes)}, {network.bias_count()}), "
                f"got ({len(weights)}, {len(biases)})"
            )
        kept = [part for part, dims in zip(weights, shapes, strict=True) if dims[0]]
        return torch.cat([part.reshape(-1) for part in (*kept, *biases)])

    return canonical_to_params
