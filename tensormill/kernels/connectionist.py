"""Kernels of connectionist temporal classification, in host memory.

Source: TensorFlow 1.15, core/util/ctc and core/kernels/ctc_loss_op.cc, ctc_decoder_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]

_NEVER = -np.inf


def _check(inputs: Array, sequence_length: Array) -> tuple[int, int, int]:
    if inputs.ndim != 3:
        raise errors.invalid_argument("inputs is not a 3-Tensor")
    steps, batch, classes = inputs.shape
    if sequence_length.ndim != 1:
        raise errors.invalid_argument("sequence_length is not a vector")
    if len(sequence_length) != batch:
        raise errors.failed_precondition(
            f"len(sequence_length) != batch_size.  len(sequence_length):  {len(sequence_length)} "
            f"batch_size: {batch}"
        )
    if batch and int(sequence_length.max()) > steps:
        raise errors.failed_precondition("sequence_length(0) <= " + str(steps))
    return steps, batch, classes


def _log_softmax(logits: Array) -> Array:
    wide = logits.astype(np.float64)
    wide = wide - wide.max(-1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(-1, keepdims=True)))


@kernel(
    "CTCLoss",
    "cpu",
    host_inputs=("inputs", "labels_indices", "labels_values", "sequence_length"),
    host_outputs=("loss", "gradient"),
)
def ctc_loss(
    inputs: Array,
    labels_indices: Array,
    labels_values: Array,
    sequence_length: Array,
    *,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> tuple[Array, Array]:
    steps, batch, classes = _check_loss(inputs, labels_indices, labels_values, sequence_length)
    labels: list[list[int]] = [[] for _ in range(batch)]
    for (row, _), label in zip(labels_indices.tolist(), labels_values.tolist(), strict=True):
        if not 0 <= row < batch:
            raise errors.invalid_argument(
                f"labels batch index must be between 0 and {batch} but saw: {row}"
            )
        labels[row].append(label)
    rows, wanted = [], []
    for row, length in enumerate(sequence_length.tolist()):
        checked = _checked_labels(labels[row], classes, row, preprocess_collapse_repeated)
        needed = len(checked)
        if needed > length > 0 and not ignore_longer_outputs_than_inputs:
            raise errors.invalid_argument(
                f"Not enough time for target transition sequence (required: {needed}, available: "
                f"{length}){row}You can turn this error into a warning by using the flag "
                "ignore_longer_outputs_than_inputs"
            )
        if length > 0 and needed <= length:
            rows.append(row)
            wanted.append(checked)
    losses, gradient = np.zeros(batch), np.zeros((steps, batch, classes))
    if rows:
        log_y = _log_softmax(inputs[:, rows])
        losses[rows], gradient[:, rows] = _losses(
            log_y, sequence_length[rows], wanted, ctc_merge_repeated
        )
    return losses.astype(inputs.dtype), gradient.astype(inputs.dtype)


def _check_loss(
    inputs: Array, indices: Array, values: Array, lengths: Array
) -> tuple[int, int, int]:
    steps, batch, classes = inputs.shape if inputs.ndim == 3 else (0, 0, 0)
    if inputs.ndim != 3:
        raise errors.invalid_argument("inputs is not a 3-Tensor")
    if lengths.ndim != 1:
        raise errors.invalid_argument("sequence_length is not a vector")
    if indices.ndim != 2:
        raise errors.invalid_argument("labels_indices is not a matrix")
    if indices.shape[0] != values.shape[0]:
        raise errors.invalid_argument(
            "labels_indices and labels_values must contain the same number of rows, but saw "
            f"shapes: {list(indices.shape)} vs. {list(values.shape)}"
        )
    if len(lengths) != batch:
        raise errors.invalid_argument(
            f"len(sequence_length) != batch_size.  len(sequence_length):  {len(lengths)} "
            f"batch_size: {batch}"
        )
    for length in lengths.tolist():
        if length > steps:
            raise errors.invalid_argument(f"sequence_length(b) <= {steps}")
    return steps, batch, classes


def _checked_labels(labels: list[int], classes: int, row: int, collapse: bool) -> list[int]:
    kept: list[int] = []
    for place, label in enumerate(labels):
        if not 0 <= label < classes - 1:
            raise errors.invalid_argument(
                "Saw a non-null label (index >= num_classes - 1) following a null label, batch: "
                f"{row} num_classes: {classes} labels: {','.join(map(str, labels))}"
                + (" labels seen so far: " + ",".join(map(str, labels[:place])) if place else "")
            )
        if not (collapse and kept and kept[-1] == label):
            kept.append(label)
    return kept


def _losses(
    log_y: Array, lengths: Array, labels: Sequence[Sequence[int]], merge: bool
) -> tuple[Array, Array]:
    """Return the losses and their gradients by the logits: [batch] and [time, batch, classes].

    Args:
      log_y: logarithms of probabilities, [time, batch, classes].
      lengths: the number of steps of each row, at least 1.
      labels: the labels of each row, at most as many as its steps.
      merge: whether labels that follow each other without a blank are one.
    """
    steps, batch, classes = log_y.shape
    blank = classes - 1
    numbers = np.arange(batch)
    places = np.array([2 * len(wanted) + 1 for wanted in labels])
    path = np.full((batch, int(places.max())), blank)
    for row, wanted in enumerate(labels):
        path[row, 1 : places[row] : 2] = wanted
    emitted = log_y[:, numbers[:, None], path]
    ended = np.arange(steps)[:, None] >= lengths
    with np.errstate(divide="ignore", invalid="ignore"):
        forward, backward = _passes(emitted, path, path != blank, places, ended, merge)
        through = forward + backward
        whole = np.logaddexp.reduce(through[0], axis=1)
        shares = np.exp(through - whole[:, None])
    is_possible = whole != _NEVER
    shares[ended | ~is_possible] = 0
    gradient = np.exp(log_y)
    gradient[ended] = 0
    for place, symbols in enumerate(path.T):
        gradient[:, numbers, symbols] -= shares[:, :, place]
    return np.where(is_possible, -whole, np.inf), gradient


def _passes(
    emitted: Array, path: Array, is_label: Array, places: Array, ended: Array, merge: bool
) -> tuple[Array, Array]:
    """Return the sums over all ways to each place of each path, and over those from there on.

    Both are logarithms, [time, batch, place]. What follows the last place of a shorter path cannot
    be left again, and nothing begins there on the way back.
    """
    steps, batch, count = emitted.shape
    # Whether a path may come from two places before: over a blank, from another label.
    skips = is_label[:, 2:] & ((path[:, 2:] != path[:, :-2]) if merge else True)
    skipping = np.where(skips, 0.0, _NEVER)
    staying = np.where(is_label & (not merge), _NEVER, 0.0)
    last = np.full((batch, count), _NEVER)
    last[np.arange(batch), places - 1] = 0.0
    last[np.arange(batch), np.maximum(places - 2, 0)] = 0.0
    forward, backward = np.full((2, steps, batch, count), _NEVER)
    forward[0, :, :2] = emitted[0, :, :2]
    backward[-1] = last
    for time in range(1, steps):
        before = forward[time - 1]
        total = before + staying
        np.logaddexp(total[:, 1:], before[:, :-1], out=total[:, 1:])
        np.logaddexp(total[:, 2:], before[:, :-2] + skipping, out=total[:, 2:])
        np.add(total, emitted[time], out=forward[time])
    for time in range(steps - 2, -1, -1):
        after = backward[time + 1] + emitted[time + 1]
        total = after + staying
        np.logaddexp(total[:, :-1], after[:, 1:], out=total[:, :-1])
        np.logaddexp(total[:, :-2], after[:, 2:] + skipping, out=total[:, :-2])
        backward[time] = np.where(ended[time + 1][:, None], last, total)
    return forward, backward


def _sparse(rows: Sequence[Sequence[int]]) -> tuple[Array, Array, Array]:
    indices = [(row, place) for row, labels in enumerate(rows) for place in range(len(labels))]
    values = [label for labels in rows for label in labels]
    widest = max((len(labels) for labels in rows), default=0)
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        np.array(values, np.int64),
        np.array([len(rows), widest], np.int64),
    )


_HOST_INPUTS = ("inputs", "sequence_length")
_HOST_OUTPUTS = ("decoded_indices", "decoded_values", "decoded_shape", "log_probability")


@kernel("CTCGreedyDecoder", "cpu", host_inputs=_HOST_INPUTS, host_outputs=_HOST_OUTPUTS)
def ctc_greedy_decoder(
    inputs: Array, sequence_length: Array, *, merge_repeated: bool, blank_index: int
) -> tuple[Array, Array, Array, Array]:
    _, batch, classes = _check(inputs, sequence_length)
    blank = blank_index + classes if blank_index < 0 else blank_index
    if not 0 <= blank < classes:
        raise errors.invalid_argument(f"blank_index expected to be between 0 and {classes - 1}")
    rows, scores = [], np.zeros((batch, 1), inputs.dtype)
    for row in range(batch):
        logits = inputs[: int(sequence_length[row]), row]
        best = logits.argmax(1).tolist()
        scores[row, 0] = -logits.max(1).sum(dtype=np.float64) if len(logits) else 0
        previous, found = -1, []
        for label in best:
            if label != blank and not (merge_repeated and label == previous):
                found.append(label)
            previous = label
        rows.append(found)
    return (*_sparse(rows), scores)


class _Beam:
    """A sequence of labels with the probabilities that it ends with its label or a blank."""

    __slots__ = ("blank", "children", "label", "old", "parent", "symbol", "total")

    def __init__(self, parent: _Beam | None, symbol: int) -> None:
        self.parent = parent
        self.symbol = symbol
        self.children: dict[int, _Beam] = {}
        self.old = (_NEVER, _NEVER, _NEVER)
        self.reset()

    def reset(self) -> None:
        self.total = self.blank = self.label = _NEVER

    @property
    def is_active(self) -> bool:
        return self.total != _NEVER

    def labels(self, merge_repeated: bool) -> list[int]:
        found: list[int] = []
        previous, beam = -1, self
        while beam.parent is not None:
            if not merge_repeated or beam.symbol != previous:
                found.append(beam.symbol)
            previous, beam = beam.symbol, beam.parent
        return found[::-1]


def _add(a: float, b: float) -> float:
    return float(np.logaddexp(a, b)) if a != _NEVER or b != _NEVER else _NEVER


def _advance(beams: list[_Beam], log_y: Sequence[float], width: int) -> list[_Beam]:
    """Return the best sequences after one more step."""
    blank = len(log_y) - 1
    ordered = sorted(beams, key=lambda beam: -beam.total)
    for beam in ordered:
        beam.old = (beam.total, beam.blank, beam.label)
    for beam in ordered:
        parent = beam.parent
        if parent is not None:
            if parent.is_active:
                total, ended, _ = parent.old
                same = parent.parent is not None and parent.symbol == beam.symbol
                beam.label = _add(beam.label, ended if same else total)
            beam.label += log_y[beam.symbol]
        beam.blank = beam.old[0] + log_y[blank]
        beam.total = _add(beam.blank, beam.label)
    leaves = sorted(ordered, key=lambda beam: -beam.total)
    for beam in ordered:
        total, ended, _ = beam.old
        if not _is_candidate(total, leaves, width):
            continue
        for symbol in range(blank):
            child = beam.children.get(symbol)
            if child is None:
                child = beam.children[symbol] = _Beam(beam, symbol)
            if child.is_active:
                continue
            same = beam.parent is not None and beam.symbol == symbol
            child.blank = _NEVER
            child.label = log_y[symbol] + (ended if same else total)
            child.total = child.label
            if not _is_candidate(child.total, leaves, width):
                child.old = (_NEVER, _NEVER, _NEVER)
                child.reset()
                continue
            if len(leaves) == width:
                leaves.pop().reset()
            place = len(leaves)
            while place and leaves[place - 1].total < child.total:
                place -= 1
            leaves.insert(place, child)
    return leaves


def _is_candidate(total: float, leaves: list[_Beam], width: int) -> bool:
    return total > _NEVER and (len(leaves) < width or total > leaves[-1].total)


@kernel("CTCBeamSearchDecoder", "cpu", host_inputs=_HOST_INPUTS, host_outputs=_HOST_OUTPUTS)
def ctc_beam_search_decoder(
    inputs: Array,
    sequence_length: Array,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool,
) -> list[Array]:
    _, batch, _ = _check(inputs, sequence_length)
    if top_paths > beam_width:
        raise errors.invalid_argument("requested more paths than the beam width.")
    found: list[list[list[int]]] = [[] for _ in range(top_paths)]
    scores = np.zeros((batch, top_paths), inputs.dtype)
    for row in range(batch):
        root = _Beam(None, -1)
        root.total = root.blank = 0.0
        beams = [root]
        log_y = _log_softmax(inputs[: int(sequence_length[row]), row])
        for step in log_y.tolist():
            beams = _advance(beams, step, beam_width)
        best = sorted(beams, key=lambda beam: -beam.total)
        if len(best) < top_paths:
            raise errors.invalid_argument("Less leaves in the beam search than requested.")
        for path, beam in enumerate(best[:top_paths]):
            found[path].append(beam.labels(merge_repeated))
            scores[row, path] = beam.total
    parts = [_sparse(rows) for rows in found]
    return [*(p[0] for p in parts), *(p[1] for p in parts), *(p[2] for p in parts), scores]
