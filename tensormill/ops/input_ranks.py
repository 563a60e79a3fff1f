"""The ranks that inputs of ops must have, where nothing else follows from these inputs' shapes.

A shape function looks at the ranks of what its outputs are computed from. What is listed here is
checked before it: scalars and vectors that say how an op does something, and the parts of sparse
and ragged tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank, with_rank_at_least, with_rank_at_most

__all__ = ["check_ranks_before_shape_functions"]

_RANKS = """
AdjustContrastv2: contrast_factor=0
All Any EuclideanNorm Max Mean Min Prod ReduceJoin Sum: reduction_indices=0-1
ArgMax ArgMin: dimension=0
CombinedNonMaxSuppression: max_output_size_per_class=0 max_total_size=0 iou_threshold=0
    score_threshold=0
DenseBincount: size=0
DenseToDenseSetOperation: set1=2+ set2=2+
DenseToSparseSetOperation: set1=2+ set2_indices=2 set2_values=1 set2_shape=1
DeserializeManySparse: serialized_sparse=2
DeserializeSparse: serialized_sparse=1+
EditDistance: hypothesis_indices=2 hypothesis_values=1 hypothesis_shape=1 truth_indices=2
    truth_values=1 truth_shape=1
ExperimentalMatchingFilesDataset MatchingFilesDataset: patterns=0-1
FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsGradient: min=0 max=0
FakeQuantWithMinMaxVarsPerChannel: inputs=1+ min=1 max=1
Fingerprint: method=0
FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3: reserve_space_1=1
    reserve_space_2=1
GatherNd: indices=1+
GatherV2: params=1+
ImageProjectiveTransformV2: output_shape=1
LookupTableImportV2: keys=1 values=1+
MatrixDiagPartV2 MatrixDiagPartV3: k=0-1 padding_value=0
MatrixDiagV2 MatrixDiagV3: k=0-1 num_rows=0 num_cols=0 padding_value=0
MatrixSetDiagV2 MatrixSetDiagV3: k=0-1
MaxPool3DGradGrad: orig_input=5
MaxPoolGradGrad: orig_input=4
MaxPoolGradGradV2: orig_input=4 ksize=1 strides=1
MaxPoolV2: input=4 ksize=1 strides=1
NonMaxSuppression: max_output_size=0
NonMaxSuppressionV2: max_output_size=0 iou_threshold=0
NonMaxSuppressionV3 NonMaxSuppressionV4: max_output_size=0 iou_threshold=0 score_threshold=0
NonMaxSuppressionV5: max_output_size=0 iou_threshold=0 score_threshold=0 soft_nms_sigma=0
NonMaxSuppressionWithOverlaps: max_output_size=0 overlap_threshold=0 score_threshold=0
ParseExampleV2: names=0-1
QuantizeAndDequantizeV3: num_bits=0
QuantizedConcat: concat_dim=0 values=1+ input_mins=0 input_maxes=0
RaggedGather: params_nested_splits=1 params_dense_values=1+
RaggedTensorToSparse: rt_dense_values=1+
RaggedTensorToVariant: rt_nested_splits=1 rt_dense_values=1+
RandomUniformInt StatelessRandomUniformInt: minval=0 maxval=0
ResourceScatterNdAdd ResourceScatterNdMax ResourceScatterNdMin ResourceScatterNdSub
    ResourceScatterNdUpdate ScatterNdAdd ScatterNdMax ScatterNdMin ScatterNdSub ScatterNdUpdate:
    indices=1+ updates=1+
SampleDistortedBoundingBoxV2: min_object_covered=0
ScatterNdNonAliasingAdd: input=1+ indices=1+
SerializeManySparse SerializeSparse: sparse_indices=2 sparse_values=1 sparse_shape=1
SparseAdd: a_shape=1
SparseAddGrad: a_indices=2 b_indices=2
SparseConcat: indices=2 values=1 shapes=1
SparseDenseCwiseAdd SparseDenseCwiseDiv SparseDenseCwiseMul: sp_indices=2
SparseFillEmptyRows: indices=2 values=1
SparseFillEmptyRowsGrad: reverse_index_map=1 grad_values=1
SparseReorder: input_indices=2 input_values=1 input_shape=1
SparseReshape: input_indices=2 input_shape=1 new_shape=1
SparseSegmentMeanGrad SparseSegmentSqrtNGrad SparseSegmentSumGrad: indices=1 segment_ids=1
    output_dim0=0
SparseSegmentMeanWithNumSegments SparseSegmentSqrtNWithNumSegments
    SparseSegmentSumWithNumSegments UnsortedSegmentJoin: num_segments=0
SparseSliceGrad: input_indices=2
SparseSoftmax: sp_indices=2 sp_values=1 sp_shape=1
SparseSparseMaximum SparseSparseMinimum: a_indices=2 a_values=1 a_shape=1 b_indices=2 b_values=1
    b_shape=1
SparseTensorDenseMatMul: a_indices=2 a_values=1 a_shape=1
SparseToSparseSetOperation: set1_indices=2 set1_values=1 set1_shape=1 set2_indices=2
    set2_values=1 set2_shape=1
SplitV: value=1+
StatelessMultinomial: num_samples=0
StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg: seed=1
StatelessRandomNormalV2 StatelessRandomUniformFullIntV2 StatelessRandomUniformV2
    StatelessTruncatedNormalV2: key=1 counter=1 alg=0
StatelessRandomUniformIntV2: key=1 counter=1 alg=0 minval=0 maxval=0
StridedSlice: begin=1 end=1 strides=1
StringSplit: input=1
TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate:
    tensor=1+ indices=1+
"""
"""Lines of op types, and of a rank for each input: "2", "1+" for at least 1, "0-1" for at most 1.

A line that begins with blanks belongs to the one before.
"""

_Check = Callable[[Dims], Any]


def check_ranks_before_shape_functions() -> None:
    """Let the shape functions of all ops that are listed check ranks first; call it once."""
    for line in _RANKS.strip().replace("\n    ", " ").splitlines():
        op_types, _, rules = line.partition(": ")
        checks = list(_checks(rules))
        for op_type in op_types.split():
            op_def = OP_DEFS[op_type]
            lists = {arg.name for arg in op_def.inputs if arg.is_list}
            op_def.shape_function = _after_checks(op_def.shape_function, checks, lists)


def _checks(rules: str) -> Iterator[tuple[str, _Check]]:
    for rule in rules.split():
        name, _, rank = rule.partition("=")
        if rank.endswith("+"):
            yield name, partial(with_rank_at_least, rank=int(rank[:-1]))
        elif rank.startswith("0-"):
            yield name, partial(with_rank_at_most, rank=int(rank[2:]))
        else:
            yield name, partial(with_rank, rank=int(rank))


def _after_checks(
    shape_function: Any, checks: list[tuple[str, _Check]], lists: set[str]
) -> Callable[[ShapeContext], list[Dims]]:
    def checked_shape(ctx: ShapeContext) -> list[Dims]:
        for name, check in checks:
            for dims in ctx.shapes(name) if name in lists else [ctx.shape(name)]:
                check(dims)
        made: list[Dims] = shape_function(ctx)
        return made

    return checked_shape
