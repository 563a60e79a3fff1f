"""`tf.estimator`: models as functions, trained, evaluated, asked and exported."""

from __future__ import annotations

from tensormill.estimator import experimental, export, inputs, tpu
from tensormill.estimator.added_metrics import add_metrics
from tensormill.estimator.canned.baseline import (
    BaselineClassifier,
    BaselineEstimator,
    BaselineRegressor,
)
from tensormill.estimator.canned.boosted_trees import (
    BoostedTreesClassifier,
    BoostedTreesEstimator,
    BoostedTreesRegressor,
)
from tensormill.estimator.canned.dnn import DNNClassifier, DNNEstimator, DNNRegressor
from tensormill.estimator.canned.dnn_linear_combined import (
    DNNLinearCombinedClassifier,
    DNNLinearCombinedEstimator,
    DNNLinearCombinedRegressor,
)
from tensormill.estimator.canned.linear import (
    LinearClassifier,
    LinearEstimator,
    LinearRegressor,
)
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.exporters import (
    BestExporter,
    Exporter,
    FinalExporter,
    LatestExporter,
)
from tensormill.estimator.heads.class_heads import (
    BinaryClassHead,
    LogisticRegressionHead,
    MultiClassHead,
    MultiLabelHead,
    PoissonRegressionHead,
    RegressionHead,
)
from tensormill.estimator.heads.head import Head
from tensormill.estimator.heads.multi_head import MultiHead
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.estimator.parse_specs import (
    classifier_parse_example_spec,
    regressor_parse_example_spec,
)
from tensormill.estimator.run_config import RunConfig
from tensormill.estimator.train_and_evaluate import EvalSpec, TrainSpec, train_and_evaluate
from tensormill.estimator.warm_start import WarmStartSettings
from tensormill.train.checkpoints.warm_starting import VocabInfo
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
from tensormill.train.monitored.saving_hooks import (
    CheckpointSaverHook,
    CheckpointSaverListener,
    ProfilerHook,
    SummarySaverHook,
)
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.train.monitored.timers import SecondOrStepTimer

__all__ = [
    "BaselineClassifier",
    "BaselineEstimator",
    "BaselineRegressor",
    "BestExporter",
    "BinaryClassHead",
    "BoostedTreesClassifier",
    "BoostedTreesEstimator",
    "BoostedTreesRegressor",
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "DNNClassifier",
    "DNNEstimator",
    "DNNLinearCombinedClassifier",
    "DNNLinearCombinedEstimator",
    "DNNLinearCombinedRegressor",
    "DNNRegressor",
    "Estimator",
    "EstimatorSpec",
    "EvalSpec",
    "Exporter",
    "FeedFnHook",
    "FinalExporter",
    "FinalOpsHook",
    "GlobalStepWaiterHook",
    "Head",
    "LatestExporter",
    "LinearClassifier",
    "LinearEstimator",
    "LinearRegressor",
    "LoggingTensorHook",
    "LogisticRegressionHead",
    "ModeKeys",
    "MultiClassHead",
    "MultiHead",
    "MultiLabelHead",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "PoissonRegressionHead",
    "ProfilerHook",
    "RegressionHead",
    "RunConfig",
    "SecondOrStepTimer",
    "SessionRunArgs",
    "SessionRunContext",
    "SessionRunHook",
    "SessionRunValues",
    "StepCounterHook",
    "StopAtStepHook",
    "SummarySaverHook",
    "TrainSpec",
    "VocabInfo",
    "WarmStartSettings",
    "add_metrics",
    "classifier_parse_example_spec",
    "experimental",
    "export",
    "inputs",
    "regressor_parse_example_spec",
    "tpu",
    "train_and_evaluate",
]
