"""`tf.train`, and the modules behind it."""

from __future__ import annotations

from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.distributed.cluster_spec import ClusterDef, ClusterSpec, JobDef
from tensormill.distributed.server import Server, ServerDef
from tensormill.io.graph_io import write_graph
from tensormill.io.matched_files import match_filenames_once
from tensormill.proto.example_pb2 import (
    BytesList,
    Example,
    Feature,
    FeatureList,
    FeatureLists,
    Features,
    FloatList,
    Int64List,
    SequenceExample,
)
from tensormill.summary.summary_iterator import summary_iterator
from tensormill.train import experimental
from tensormill.train.adadelta import AdadeltaOptimizer
from tensormill.train.adagrad import (
    AdagradDAOptimizer,
    AdagradOptimizer,
    ProximalAdagradOptimizer,
)
from tensormill.train.adam import AdamOptimizer
from tensormill.train.batching import (
    batch,
    batch_join,
    maybe_batch,
    maybe_batch_join,
    maybe_shuffle_batch,
    maybe_shuffle_batch_join,
    shuffle_batch,
    shuffle_batch_join,
)
from tensormill.train.checkpoints.checkpoint import Checkpoint
from tensormill.train.checkpoints.manager import CheckpointManager
from tensormill.train.checkpoints.reader import CheckpointReader, NewCheckpointReader
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.checkpoints.state_file import (
    CheckpointState,
    checkpoint_exists,
    generate_checkpoint_state_proto,
    get_checkpoint_mtimes,
    get_checkpoint_state,
    latest_checkpoint,
    remove_checkpoint,
    update_checkpoint_state,
)
from tensormill.train.checkpoints.variable_loading import (
    checkpoints_iterator,
    init_from_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
)
from tensormill.train.checkpoints.warm_starting import VocabInfo, warm_start
from tensormill.train.coordinator import Coordinator, LooperThread
from tensormill.train.device_setter import replica_device_setter
from tensormill.train.ftrl import FtrlOptimizer
from tensormill.train.global_step import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
    global_step,
)
from tensormill.train.gradient_descent import (
    GradientDescentOptimizer,
    ProximalGradientDescentOptimizer,
)
from tensormill.train.input_producers import (
    input_producer,
    limit_epochs,
    range_input_producer,
    slice_input_producer,
    string_input_producer,
)
from tensormill.train.learning_rate_decay import (
    cosine_decay,
    cosine_decay_restarts,
    exponential_decay,
    inverse_time_decay,
    linear_cosine_decay,
    natural_exp_decay,
    noisy_linear_cosine_decay,
    piecewise_constant,
    polynomial_decay,
)
from tensormill.train.learning_rate_decay import piecewise_constant as piecewise_constant_decay
from tensormill.train.meta_graph import export_meta_graph, import_meta_graph
from tensormill.train.momentum import MomentumOptimizer
from tensormill.train.monitored.basic_loops import basic_train_loop
from tensormill.train.monitored.control_hooks import (
    FeedFnHook,
    FinalOpsHook,
    GlobalStepWaiterHook,
    StopAtStepHook,
)
from tensormill.train.monitored.logging_hooks import (
    LoggingTensorHook,
    NanLossDuringTrainingError,
    NanTensorHook,
    StepCounterHook,
)
from tensormill.train.monitored.monitored_session import (
    MonitoredSession,
    MonitoredTrainingSession,
    SingularMonitoredSession,
)
from tensormill.train.monitored.saving_hooks import (
    CheckpointSaverHook,
    CheckpointSaverListener,
    ProfilerHook,
    SummarySaverHook,
)
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_creators import (
    ChiefSessionCreator,
    SessionCreator,
    WorkerSessionCreator,
)
from tensormill.train.monitored.session_manager import SessionManager
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.train.monitored.supervisor import Supervisor
from tensormill.train.monitored.timers import SecondOrStepTimer
from tensormill.train.moving_averages import ExponentialMovingAverage
from tensormill.train.optimizer import Optimizer
from tensormill.train.queue_runner import QueueRunner, add_queue_runner, start_queue_runners
from tensormill.train.rmsprop import RMSPropOptimizer
from tensormill.train.sync_replicas import SyncReplicasOptimizer
