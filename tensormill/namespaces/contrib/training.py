"""`tf.contrib.training`."""

from __future__ import annotations

from tensormill.layers.model_training import (
    add_gradients_summaries,
    clip_gradient_norms,
    multiply_gradients,
)
from tensormill.layers.training_loop import clip_gradient_norms_fn, create_train_op, train
from tensormill.train.bucketing import bucket, bucket_by_sequence_length
from tensormill.train.checkpoints.variable_loading import (
    checkpoints_iterator,
    wait_for_new_checkpoint,
)
from tensormill.train.device_setter import (
    GreedyLoadBalancingStrategy,
    RandomStrategy,
    byte_size_load_fn,
)
from tensormill.train.evaluation import (
    StopAfterNEvalsHook,
    SummaryAtEndHook,
    evaluate_once,
    evaluate_repeatedly,
    get_or_create_eval_step,
)
from tensormill.train.feeding_queue_runner import FeedingQueueRunner
from tensormill.train.hparams import HParams, parse_values
from tensormill.train.resampling import resample_at_rate, weighted_resample
from tensormill.train.sampling import rejection_sample, stratified_sample
