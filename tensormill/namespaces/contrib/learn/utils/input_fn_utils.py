"""`tf.contrib.learn.utils.input_fn_utils`: inputs of served models."""

from tensormill.learn.serving import (
    InputFnOps,
    build_default_serving_input_fn,
    build_parsing_serving_input_fn,
)
