"""What the tests of the op registry except, each with its reason."""

from tensormill.graph.op_table import OP_DEFS
from tensormill.ops.functional import FUNCTIONAL_OP_TYPES

OF_CONTRIB = {
    **dict.fromkeys(
        (
            "AdjustHsvInYiq",
            "BipartiteMatch",
            "ImageConnectedComponents",
            "ImageProjectiveTransform",
            "Resampler",
            "ResamplerGrad",
        ),
        "test_contrib_image_ops",
    ),
    **dict.fromkeys(
        (
            "BytesInUse",
            "BytesLimit",
            "MaskedMatmul",
            "MaxBytesInUse",
            "ReduceSliceMax",
            "ReduceSliceMin",
            "ReduceSliceProd",
            "ReduceSliceSum",
            "WALSComputePartialLhsAndRhs",
            "ZeroInitializer",
            "ZeroVarInitializer",
        ),
        "test_contrib_number_ops",
    ),
    "GatherTree": "test_gather_tree",
    "SkipGramGenerateCandidates": "test_skip_grams",
}
"""Op types of `tf.contrib`, which went with it, and the module that tests their values."""

OWN_OP_TYPES = frozenset({"_Arg", "CompareAndBitpack", *OF_CONTRIB})
"""Op types that TensorFlow 2 does not have, or not under a name that a graph may use."""

NO_CASE = {
    "_Arg": "stands for a fed tensor inside a step",
    "CompareAndBitpack": "TensorFlow 2 does not have it; test_bit_packing has its values",
    **{
        name: f"TensorFlow 2 does not have it; {test} has its values"
        for name, test in OF_CONTRIB.items()
    },
    "QuantizedReluX": "TensorFlow 2 has no kernel of it; test_quantized_numbers has its values",
    "FilterByLastComponentDataset": "TensorFlow 2 lacks it; test_pipeline_statistics has values",
    "LMDBDataset": "reads with a library that need not be there; test_databases has its values",
    "LMDBReader": "reads with a library that need not be there; test_databases has its values",
    "StatsAggregatorHandleV2": "is a version of StatsAggregatorHandle",
    "Placeholder": "fails unless it is fed; every case feeds some",
    "NoOp": "has no outputs",
    "Abort": "ends the process; test_abort runs it in one of its own",
    "TileGrad": "TensorFlow 2 has no kernel of it; test_joining has its values",
    "MatrixExponential": "TensorFlow 2 has no kernel of it; test_older_matrix_ops has its values",
    "MaxPoolGradGradWithArgmax": "TensorFlow computes it on GPUs only",
    **{
        name: "TensorFlow computes it on GPUs only; test_cudnn_rnn has its values"
        for name in OP_DEFS
        if name.startswith("CudnnRNN")
    },
    **{
        name: "TensorFlow 2 has no kernel of it; test_boosted_trees has its values"
        for name in OP_DEFS
        if "BoostedTrees" in name
    },
    **dict.fromkeys(
        ("BatchDataset", "PaddedBatchDataset"),
        "TensorFlow 2 cannot run it; the kernel is that of the next version",
    ),
    **dict.fromkeys(
        (
            "AssertNextDataset",
            "FinalizeDataset",
            "MatchingFilesDataset",
            "NonSerializableDataset",
            "OptimizeDataset",
            "OptionsDataset",
            "ParallelInterleaveDatasetV3",
            "LegacyParallelInterleaveDatasetV2",
        ),
        "changes how a pipeline runs and not what it gives, or is a version of another op",
    ),
    **{
        name: f"an older name of {name.removeprefix('Experimental')}"
        for name in OP_DEFS
        if name.startswith("Experimental")
        and name not in ("ExperimentalIteratorGetDevice", "ExperimentalSqlDataset")
    },
}
"""Op types without a case of their own."""

NO_KERNEL: dict[str, str] = dict.fromkeys(
    FUNCTIONAL_OP_TYPES, "is replaced by what it calls before a step is planned"
)
"""Op types that no kernel computes."""

ROUGH_GRADIENT: dict[str, str] = {
    "Cast": "its values stay in the narrow dtype of the case",
    "QuantizeAndDequantizeV2": "the gradient passes straight through the steps",
    "QuantizeAndDequantizeV3": "the gradient passes straight through the steps",
    "CTCLoss": "the gradient is that of the loss; the other output is that gradient",
    "MaxPool3DGradGrad": "its gradient takes no double precision",
    "ResizeBilinear": "its values are float32, whatever the dtype of the image",
    "ResizeBicubic": "its values are float32, whatever the dtype of the image",
    "Cholesky": "the gradient is shared out between both triangles, of which one is read",
    "SelfAdjointEigV2": "the gradient is that of the lower triangle, which alone is read",
}
"""Op types whose gradient is not that of their values, on purpose."""
