"""`tf.contrib.tpu`: programs for TPUs, run on CPUs and GPUs."""

from tensormill.estimator.tpu import (
    CrossShardOptimizer,
    InputPipelineConfig,
    RunConfig,
    TPUConfig,
    TPUEstimator,
    TPUEstimatorSpec,
)
