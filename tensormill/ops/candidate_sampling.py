"""Samplers of classes that stand in for all wrong ones; `sampled_losses` uses them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.random_seeds import get_seed

_SEEDS = ("seed: int = 0", "seed2: int = 0")


def _define_sampler(op_type: str, *attrs: str) -> OpBuilder:
    """Define a sampler that has these attributes between those that all have."""
    builder = define(
        op_type,
        inputs=("true_classes: int64",),
        outputs=(
            "sampled_candidates: int64",
            "true_expected_count: float32",
            "sampled_expected_count: float32",
        ),
        attrs=("num_true: int >= 1", "num_sampled: int >= 1", "unique: bool", *attrs, *_SEEDS),
        stateful=True,
        differentiable=False,
    )
    builder.shape(candidate_sampler_shape)
    return builder


def candidate_sampler_shape(ctx: ShapeContext) -> list[Dims]:
    count, true_count = ctx.attrs["num_sampled"], ctx.attrs["num_true"]
    classes = with_rank(ctx.shape(0), 2)
    merged = merge_dims(classes[1:], (true_count,))
    assert merged is not None
    return [(count,), (classes[0], *merged), (count,)]


uniform_candidate_sampler_op = _define_sampler("UniformCandidateSampler", "range_max: int >= 1")
log_uniform_candidate_sampler_op = _define_sampler(
    "LogUniformCandidateSampler", "range_max: int >= 1"
)
learned_unigram_candidate_sampler_op = _define_sampler(
    "LearnedUnigramCandidateSampler", "range_max: int >= 1"
)
thread_unsafe_unigram_candidate_sampler_op = _define_sampler(
    "ThreadUnsafeUnigramCandidateSampler", "range_max: int >= 1"
)
fixed_unigram_candidate_sampler_op = _define_sampler(
    "FixedUnigramCandidateSampler",
    "range_max: int >= 1",
    "vocab_file: string = ''",
    "distortion: float = 1.0",
    "num_reserved_ids: int = 0",
    "num_shards: int >= 1 = 1",
    "shard: int >= 0 = 0",
    "unigrams: list(float) = []",
)
all_candidate_sampler_op = _define_sampler("AllCandidateSampler")
compute_accidental_hits_op = define(
    "ComputeAccidentalHits",
    inputs=(
        "true_classes: int64",
        "sampled_candidates: int64",
    ),
    outputs=(
        "indices: int32",
        "ids: int64",
        "weights: float32",
    ),
    attrs=("num_true: int", *_SEEDS),
    differentiable=False,
)


@compute_accidental_hits_op.shape
def compute_accidental_hits_shape(ctx: ShapeContext) -> list[Dims]:
    classes = with_rank(ctx.shape(0), 2)
    merge_dims(classes[1:], (ctx.attrs["num_true"],))
    with_rank(ctx.shape(1), 1)
    return [(None,), (None,), (None,)]


class SampledCandidates(NamedTuple):
    """What a candidate sampler returns.

    Attributes:
      sampled_candidates: int64 classes, [num_sampled].
      true_expected_count: how often each true class is expected, float32, [batch, num_true].
      sampled_expected_count: the same for each of them, [num_sampled].
    """

    sampled_candidates: Tensor
    true_expected_count: Tensor
    sampled_expected_count: Tensor


def _sample(
    function: OpBuilder,
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None,
    name: str | None,
    **attrs: Any,
) -> SampledCandidates:
    seed1, seed2 = get_seed(seed)
    return SampledCandidates(
        *function(
            true_classes,
            num_true=num_true,
            num_sampled=num_sampled,
            unique=unique,
            seed=seed1 or 0,
            seed2=seed2 or 0,
            name=name,
            **attrs,
        )
    )


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> SampledCandidates:
    """Sample classes uniformly from [0, range_max).

    Args:
      true_classes: int64, [batch, num_true].
      num_true: the number of true classes an example.
      num_sampled: how many to sample.
      unique: without replacement.
      range_max: the number of classes.
      seed: makes the samples repeatable.
      name: the name of the node.
    """
    return _sample(
        uniform_candidate_sampler_op, true_classes, num_true, num_sampled, unique, seed, name,
        range_max=range_max,
    )  # fmt: skip


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> SampledCandidates:
    """Sample class k with probability `log((k + 2) / (k + 1)) / log(range_max + 1)`.

    Args:
      true_classes: int64, [batch, num_true].
      num_true: the number of true classes an example.
      num_sampled: how many to sample.
      unique: without replacement.
      range_max: the number of classes.
      seed: makes the samples repeatable.
      name: the name of the node.
    """
    return _sample(
        log_uniform_candidate_sampler_op, true_classes, num_true, num_sampled, unique, seed, name,
        range_max=range_max,
    )  # fmt: skip


def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> SampledCandidates:
    """Sample classes with the frequencies seen among `true_classes` so far.

    Args:
      true_classes: int64, [batch, num_true].
      num_true: the number of true classes an example.
      num_sampled: how many to sample.
      unique: without replacement.
      range_max: the number of classes.
      seed: makes the samples repeatable.
      name: the name of the node.
    """
    return _sample(
        learned_unigram_candidate_sampler_op, true_classes, num_true, num_sampled, unique, seed,
        name,
        range_max=range_max,
    )  # fmt: skip


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: int | None = None,
    name: str | None = None,
) -> SampledCandidates:
    """Sample classes with given frequencies.

    Args:
      true_classes: int64, [batch, num_true].
      num_true: the number of true classes an example.
      num_sampled: how many to sample.
      unique: without replacement.
      range_max: the number of classes.
      vocab_file: a file with a class a line, its frequency after the last comma.
      distortion: the exponent of the frequencies.
      num_reserved_ids: classes at the start that are never sampled.
      num_shards: the number of samplers that share the classes.
      shard: the number of this one.
      unigrams: the frequencies, instead of a file.
      seed: makes the samples repeatable.
      name: the name of the node.
    """
    return _sample(
        fixed_unigram_candidate_sampler_op, true_classes, num_true, num_sampled, unique, seed, name,
        range_max=range_max, vocab_file=vocab_file, distortion=distortion,
        num_reserved_ids=num_reserved_ids, num_shards=num_shards, shard=shard, unigrams=unigrams,
    )  # fmt: skip


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> SampledCandidates:
    """Return all classes, for tests of what uses a sampler.

    Args:
      true_classes: int64, [batch, num_true].
      num_true: the number of true classes an example.
      num_sampled: the number of classes.
      unique: not used.
      seed: not used.
      name: the name of the node.
    """
    return _sample(
        all_candidate_sampler_op, true_classes, num_true, num_sampled, unique, seed, name
    )


class AccidentalHits(NamedTuple):
    """What `compute_accidental_hits` returns.

    Attributes:
      indices: int32, the examples.
      ids: int64, the positions among the sampled classes.
      weights: float32, the lowest number, to be added to the logits.
    """

    indices: Tensor
    ids: Tensor
    weights: Tensor


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> AccidentalHits:
    """Return where sampled classes are true ones.

    Args:
      true_classes: int64, [batch, num_true].
      sampled_candidates: int64, [num_sampled].
      num_true: the number of true classes an example.
      seed: kept in the node.
      name: the name of the node.
    """
    seed1, seed2 = get_seed(seed)
    return AccidentalHits(
        *compute_accidental_hits_op(
            true_classes,
            sampled_candidates,
            num_true=num_true,
            seed=seed1 or 0,
            seed2=seed2 or 0,
            name=name,
        )
    )
