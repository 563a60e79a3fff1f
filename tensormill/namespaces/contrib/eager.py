"""`tf.contrib.eager`: what it has for programs that build graphs; nothing runs eagerly."""

from tensormill.functional.traced import traced as defun
from tensormill.functional.traced import traced as function
from tensormill.graph.type_specs import TensorSpec
from tensormill.ops.custom_gradients import custom_gradient
from tensormill.ops.gradient_tape import GradientTape
from tensormill.platform.behavior import enable_eager_execution, executing_eagerly
from tensormill.train.checkpoints.checkpoint import Checkpoint
from tensormill.unittesting.test_decorators import (
    run_all_in_graph_and_eager_modes as run_all_tests_in_graph_and_eager_modes,
)
from tensormill.unittesting.test_decorators import (
    run_in_graph_and_eager_modes as run_test_in_graph_and_eager_modes,
)
from tensormill.variables.resource_variable import ResourceVariable as Variable
from tensormill.variables.tracking import AutoTrackable as Checkpointable
