"""`tf.contrib.tfprof`: the profiler under its older names."""

from tensormill.profiler import model_analysis as model_analyzer
from tensormill.profiler import op_log as tfprof_logger
