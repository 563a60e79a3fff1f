"""`tf.contrib.estimator`: heads, and estimators that take one."""

from tensormill.estimator.added_metrics import add_metrics
from tensormill.estimator.canned.baseline import BaselineEstimator
from tensormill.estimator.canned.dnn import DNNEstimator
from tensormill.estimator.canned.dnn_linear_combined import DNNLinearCombinedEstimator
from tensormill.estimator.canned.linear import LinearEstimator
from tensormill.estimator.early_stopping import (
    make_early_stopping_hook,
    read_eval_metrics,
    stop_if_higher_hook,
    stop_if_lower_hook,
    stop_if_no_decrease_hook,
    stop_if_no_increase_hook,
)
from tensormill.estimator.heads.functions import (
    binary_classification_head,
    multi_class_head,
    regression_head,
)
from tensormill.estimator.heads.multi_head import MultiHead as multi_head
from tensormill.estimator.heads.multi_label import MultiLabelHead as multi_label_head
from tensormill.estimator.heads.regression import (
    logistic_regression_head,
    poisson_regression_head,
)
from tensormill.estimator.memory_evaluation import (
    InMemoryEvaluatorHook,
    make_stop_at_checkpoint_step_hook,
)
from tensormill.estimator.receivers import (
    SupervisedInputReceiver,
    build_raw_supervised_input_receiver_fn,
    build_supervised_input_receiver_fn_from_input_fn,
)
