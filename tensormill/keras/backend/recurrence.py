"""`rnn`: a function of one step of time, applied to all steps of a batch of sequences.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensormill.api as tf
from tensormill.graph import nest

__all__ = ["rnn"]


def _time_first(x: Any) -> Any:
    """Return [time, batch, ...] of [batch, time, ...]."""
    rank = x.get_shape().ndims
    return tf.transpose(x, [1, 0, *range(2, rank)])


def _like(mask: Any, x: Any) -> Any:
    """Return a mask [batch] or [batch, 1] with the shape of `x`."""
    rank = x.get_shape().ndims
    while mask.get_shape().ndims < rank:
        mask = tf.expand_dims(mask, -1)
    return tf.logical_and(mask, tf.ones_like(x, dtype=tf.bool))


def _choose(mask: Any, new: Any, old: Any) -> Any:
    """Return the new values where the mask is true, else the old ones."""
    return nest.map_structure(lambda a, b: tf.where(_like(mask, a), a, b), new, old)


def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Any, Any, Any]:
    """Apply `step_function(input, states) -> (output, states)` to all steps of time.

    Args:
      step_function: what a step does; its states include the constants at their end.
      inputs: a tensor [batch, time, ...], or a structure of them.
      initial_states: the states before the first step.
      go_backwards: whether to begin with the last step.
      mask: [batch, time], false where the states do not change.
      constants: further states, that do not change.
      unroll: whether to make nodes for each step; the number of steps must be known.
      input_length: not used: the inputs say how many steps there are.
      time_major: whether the inputs and outputs are [time, batch, ...].
      zero_output_for_mask: whether the output is 0 where the mask is false; else it is the
        output of the step before.

    Returns:
      the output of the last step, those of all steps, and the last states.

    Raises:
      ValueError: the number of steps is not known and `unroll` is set.
    """
    if not time_major:
        inputs = nest.map_structure(_time_first, inputs)
    flat = nest.flatten(inputs)
    known_steps = flat[0].get_shape().as_list()[0]
    if mask is not None:
        if mask.dtype != tf.bool:
            mask = tf.cast(mask, tf.bool)
        if mask.get_shape().ndims == 2:
            mask = tf.expand_dims(mask, -1)
        if not time_major:
            mask = _time_first(mask)
    if go_backwards:
        inputs = nest.map_structure(lambda x: tf.reverse(x, [0]), inputs)
        mask = None if mask is None else tf.reverse(mask, [0])
    constants = list(constants) if isinstance(constants, (list, tuple)) else [constants]
    constants = [each for each in constants if each is not None]

    def step(at: Any, states: Any) -> tuple[Any, Any]:
        output, new_states = step_function(at, [*states, *constants])
        return output, list(new_states)

    run = _unrolled if unroll else _looped
    if unroll and known_steps is None:
        raise ValueError("Unrolling requires a fixed number of timesteps.")
    steps = known_steps if unroll or known_steps is not None else tf.shape(flat[0])[0]
    last, outputs, states = run(
        step, inputs, list(initial_states), mask, steps, zero_output_for_mask
    )

    def finish(output: Any, last_output: Any) -> Any:
        dims = last_output.get_shape().as_list()
        output.set_shape([known_steps, *dims])
        return output if time_major else _time_first(output)

    return last, nest.map_structure(finish, outputs, last), states


def _unrolled(
    step: Callable[..., Any], inputs: Any, states: Any, mask: Any, steps: int, zeroes: bool
) -> tuple[Any, Any, Any]:
    """Make the nodes of each step."""
    outputs: list[Any] = []
    for at in range(steps):
        output, new_states = step(nest.map_structure(lambda x, at=at: x[at], inputs), states)
        if mask is not None:
            blank = nest.map_structure(tf.zeros_like, output)
            before = outputs[-1] if outputs and not zeroes else blank
            output = _choose(mask[at], output, before)
            new_states = _choose(mask[at], new_states, states)
        states = new_states
        outputs.append(output)
    stacked = nest.map_structure(lambda *each: tf.stack(each), *outputs)
    return outputs[-1], stacked, states


def _looped(
    step: Callable[..., Any], inputs: Any, states: Any, mask: Any, steps: Any, zeroes: bool
) -> tuple[Any, Any, Any]:
    """Make a loop over the steps."""
    first, _ = step(nest.map_structure(lambda x: x[0], inputs), states)
    sources = nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, size=steps, tensor_array_name="input_ta").unstack(x),
        inputs,
    )
    targets = [
        tf.TensorArray(
            x.dtype, size=steps, element_shape=x.get_shape(), tensor_array_name="output_ta"
        )
        for x in nest.flatten(first)
    ]
    masks = None
    if mask is not None:
        masks = tf.TensorArray(tf.bool, size=steps, tensor_array_name="mask_ta").unstack(mask)
    keeps = masks is not None and not zeroes
    before = [tf.zeros_like(x) for x in nest.flatten(first)] if keeps else []

    def body(time: Any, targets: Any, before: Any, states: Any) -> Any:
        output, new_states = step(
            nest.map_structure(lambda array: array.read(time), sources), states
        )
        flat = nest.flatten(output)
        if masks is not None:
            at = masks.read(time)
            flat = _choose(at, flat, before if keeps else [tf.zeros_like(x) for x in flat])
            new_states = _choose(at, new_states, states)
        for new, old in zip(nest.flatten(new_states), nest.flatten(states), strict=True):
            new.set_shape(old.get_shape())
        written = [array.write(time, x) for array, x in zip(targets, flat, strict=True)]
        return time + 1, written, flat if keeps else [], new_states

    _, targets, _, states = tf.while_loop(
        lambda time, *_: time < steps,
        body,
        (tf.constant(0, name="time"), targets, before, states),
        maximum_iterations=steps,
        parallel_iterations=32,
    )
    flat_outputs = [array.stack() for array in targets]
    for output, example in zip(flat_outputs, nest.flatten(first), strict=True):
        output.set_shape([None, *example.get_shape().as_list()])
    last = [output[-1] for output in flat_outputs]
    outputs = nest.pack_sequence_as(first, flat_outputs)
    return nest.pack_sequence_as(first, last), outputs, states
