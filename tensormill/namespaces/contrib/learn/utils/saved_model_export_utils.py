"""`tf.contrib.learn.utils.saved_model_export_utils`: how experiments export models."""

from tensormill.learn.serving import make_export_strategy, make_parsing_export_strategy
