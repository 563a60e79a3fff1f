"""Blocks of reversible residual layers (https://arxiv.org/abs/1707.04585).

Source: TensorFlow 1.15, contrib/layers/python/layers/rev_block_lib.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import nest
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import Layer
from tensormill.ops.custom_gradients import custom_gradient
from tensormill.ops.gradients import gradients
from tensormill.ops.grouping import tuple_of
from tensormill.ops.identities import stop_gradient
from tensormill.ops.summation import add_n
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = ["RevBlock", "rev_block"]

_PLACE = re.compile(".*revlayer_([0-9]*)/([fg])/.*")

Function = Callable[..., Any]


class RevBlock(Layer):
    """Layers `y1 = x1 + f(x2)`, `y2 = x2 + g(y1)`; see `rev_block`.

    Args:
      f: a function of a tensor that keeps its shape, or a list with one for each layer.
      g: likewise.
      num_layers: how many layers.
      f_side_input: tensors that `f` takes as a list, as its second argument.
      g_side_input: likewise.
      use_efficient_backprop: whether gradients compute activations again from the results.
      name: the name of the variable scope.
      **kwargs: of `tf.layers.Layer`.
    """

    def __init__(
        self,
        f: Any,
        g: Any,
        num_layers: int = 1,
        f_side_input: Sequence[Any] | None = None,
        g_side_input: Sequence[Any] | None = None,
        use_efficient_backprop: bool = True,
        name: str = "revblock",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.f = _in_scopes(f, num_layers, "f")
        self.g = _in_scopes(g, num_layers, "g")
        self.num_layers = num_layers
        self.f_side_input = list(f_side_input or [])
        self.g_side_input = list(g_side_input or [])
        self._use_efficient_backprop = use_efficient_backprop

    def build(self, input_shape: Any) -> None:
        """The functions make their variables when they are called."""
        self.built = True

    def call(  # type: ignore[override]
        self, inputs: Any, forward: bool = True
    ) -> Any:
        """Return the results of two tensors, or with `forward=False` the tensors of results."""
        scope = get_variable_scope()
        known = len(scope.global_variables())
        first, second = inputs
        outputs = self._results(first, second) if forward else self._origins(first, second)
        trainable = {id(variable) for variable in scope.trainable_variables()}
        for variable in scope.global_variables()[known:]:
            is_trained = id(variable) in trainable
            (self._trainable_weights if is_trained else self._non_trainable_weights).append(
                variable
            )
        return outputs

    def forward(self, x1: Any, x2: Any) -> Any:
        """Return the results of two tensors."""
        return self.apply([x1, x2])

    def backward(self, y1: Any, y2: Any) -> Any:
        """Return the tensors that have these results."""
        return self.apply([y1, y2], forward=False)

    def _origins(self, y1: Any, y2: Any) -> tuple[Any, Any]:
        for f, g in zip(reversed(self.f), reversed(self.g), strict=True):
            y2 = y2 - _called(g, y1, self.g_side_input)
            y1 = y1 - _called(f, y2, self.f_side_input)
        return y1, y2

    def _results(self, x1: Any, x2: Any) -> Any:
        count = len(self.f_side_input)

        def results(x1: Any, x2: Any, *side: Any) -> tuple[Any, Any]:
            for f, g in zip(self.f, self.g, strict=True):
                x1 = x1 + _called(f, x2, side[:count])
                x2 = x2 + _called(g, x1, side[count:])
                if self._use_efficient_backprop:
                    x1, x2 = tuple_of([x1, x2])
            return x1, x2

        def with_gradient(*inputs: Any) -> Any:
            outputs = results(*inputs)

            def gradient(*grads: Any, variables: Sequence[Any] = ()) -> Any:
                return self._gradients(outputs, grads, variables)

            return outputs, gradient

        function = custom_gradient(with_gradient) if self._use_efficient_backprop else results
        return function(x1, x2, *self.f_side_input, *self.g_side_input)

    def _gradients(self, ys: Any, grads: Any, variables: Sequence[Any]) -> Any:
        """Return the gradients of all inputs and of variables, layer by layer from the last."""
        places = [_place_of(variable) for variable in variables]
        variable_grads: list[Any] = [None] * len(variables)
        side_grads: dict[str, list[Any]] = {"f": [], "g": []}
        with variable_scope(self.scope_name, reuse=True):
            for layer in reversed(range(self.num_layers)):
                used = {
                    kind: [i for i, place in enumerate(places) if place == (layer, kind)]
                    for kind in "fg"
                }
                f = (self.f[layer], [variables[i] for i in used["f"]], self.f_side_input)
                g = (self.g[layer], [variables[i] for i in used["g"]], self.g_side_input)
                ys, grads, of_f, of_g = _layer_gradients(ys, grads, f, g)
                for kind, (own, side) in {"f": of_f, "g": of_g}.items():
                    side_grads[kind].append(side)
                    for index, grad in zip(used[kind], own, strict=True):
                        variable_grads[index] = grad
        sides = [*_sums(*side_grads["f"]), *_sums(*side_grads["g"])]
        return [*grads, *sides], variable_grads


def _in_scopes(given: Any, count: int, kind: str) -> list[Function]:
    functions = list(given) if isinstance(given, list) else [given] * count
    if len(functions) != count:
        raise ValueError(f"{count} layers need as many functions, given: {len(functions)}")

    def scoped(function: Function, name: str) -> Function:
        def call(*args: Any) -> Any:
            with variable_scope(name, use_resource=True):
                return function(*args)

        return call

    return [scoped(each, f"revlayer_{i}/{kind}") for i, each in enumerate(functions)]


def _place_of(variable: Any) -> tuple[int, str]:
    found = _PLACE.match(variable.name)
    if found is None:
        raise ValueError(f"{variable.name} is no variable of a reversible layer")
    return int(found[1]), found[2]


def _called(function: Function, tensor: Any, side: Sequence[Any]) -> Any:
    return function(tensor, list(side)) if side else function(tensor)


def _sums(*lists: Sequence[Any]) -> list[Any]:
    """Return the sums of the entries at each place; None where all are."""
    present = [[grad for grad in grads if grad is not None] for grads in zip(*lists, strict=True)]
    return [add_n(grads) if grads else None for grads in present]


def _layer_gradients(ys: Any, grads: Any, f: Any, g: Any) -> Any:
    """Return a layer's inputs and the gradients of these, of `f` and of `g`, from its results.

    Args:
      ys: the results.
      grads: their gradients.
      f: the function, its variables and the tensors it takes besides.
      g: likewise.
    """
    (f_call, f_variables, f_side), (g_call, g_variables, g_side) = f, g
    y1, y2 = (stop_gradient(y) for y in ys)
    grad_y1, grad_y2 = grads
    f_side = [stop_gradient(tensor) for tensor in f_side]
    g_side = [stop_gradient(tensor) for tensor in g_side]
    of_g = _called(g_call, y1, g_side)
    x2 = stop_gradient(y2 - of_g)
    of_f = _called(f_call, x2, f_side)
    x1 = y1 - of_f
    grad_through_g, *g_grads = gradients(of_g, [y1, *g_variables, *g_side], grad_y2)
    grad_x1 = grad_y1 if grad_through_g is None else grad_y1 + grad_through_g
    grad_through_f, *f_grads = gradients(of_f, [x2, *f_variables, *f_side], grad_x1)
    grad_x2 = grad_y2 if grad_through_f is None else grad_y2 + grad_through_f
    made = (
        (x1, x2),
        (grad_x1, grad_x2),
        (f_grads[: len(f_variables)], f_grads[len(f_variables) :]),
        (g_grads[: len(g_variables)], g_grads[len(g_variables) :]),
    )
    # All at once: the layer before is not to begin, and take memory, with a part of them.
    return nest.pack_sequence_as(made, tuple_of(nest.flatten(made)))


def rev_block(
    x1: Tensor,
    x2: Tensor,
    f: Any,
    g: Any,
    num_layers: int = 1,
    f_side_input: Sequence[Any] | None = None,
    g_side_input: Sequence[Any] | None = None,
    is_training: bool = True,
) -> Any:
    """Return two tensors after layers `y1 = x1 + f(x2)`, `y2 = x2 + g(y1)`.

    The activations need not be kept for the gradients: they follow from the results.

    Args:
      x1: floats.
      x2: floats.
      f: a function of a tensor that keeps its shape and uses no other tensors, or a list of these.
      g: likewise.
      num_layers: how many layers.
      f_side_input: tensors that `f` takes as a list, as its second argument.
      g_side_input: likewise.
      is_training: whether gradients compute activations again.
    """
    block = RevBlock(
        f,
        g,
        num_layers,
        f_side_input,
        g_side_input,
        use_efficient_backprop=is_training,
        _reuse=get_variable_scope().reuse,
    )
    return block.forward(x1, x2)
