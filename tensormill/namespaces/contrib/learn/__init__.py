"""`tf.contrib.learn`: estimators with `fit`, experiments, monitors and small data sets."""

from tensormill.learn import models, monitors
from tensormill.learn.canned import (
    DNNClassifier,
    DNNRegressor,
    LinearClassifier,
    LinearRegressor,
    PredictionKey,
)
from tensormill.learn.canned_combined import (
    DNNLinearCombinedClassifier,
    DNNLinearCombinedRegressor,
)
from tensormill.learn.columns import (
    infer_real_valued_columns as infer_real_valued_columns_from_input,
)
from tensormill.learn.example_reading import (
    queue_parsed_features,
    read_batch_examples,
    read_batch_features,
    read_batch_record_features,
    read_keyed_batch_examples,
    read_keyed_batch_features,
)
from tensormill.learn.experiment import Experiment
from tensormill.learn.fitted_estimator import Estimator, SKCompat
from tensormill.learn.input_functions import (
    extract_pandas_data,
    extract_pandas_labels,
    extract_pandas_matrix,
    generator_input_fn,
    numpy_input_fn,
    pandas_input_fn,
)
from tensormill.learn.metric_spec import MetricSpec
from tensormill.learn.model_fn_ops import ModeKeys, ModelFnOps
from tensormill.learn.monitors import NanLossDuringTrainingError
from tensormill.learn.run_config import RunConfig
from tensormill.learn.serving import (
    ExportStrategy,
    InputFnOps,
    ProblemType,
    build_default_serving_input_fn,
    build_parsing_serving_input_fn,
    make_export_strategy,
)
from tensormill.namespaces.contrib.learn import datasets, io, learn_runner, preprocessing, utils
