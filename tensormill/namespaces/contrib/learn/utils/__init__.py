"""`tf.contrib.learn.utils`: inputs and exports of served models."""

from tensormill.learn.serving import (
    InputFnOps,
    build_default_serving_input_fn,
    build_parsing_serving_input_fn,
    make_export_strategy,
)
from tensormill.namespaces.contrib.learn.utils import input_fn_utils, saved_model_export_utils
