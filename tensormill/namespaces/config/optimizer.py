"""`tf.config.optimizer`."""

from tensormill.session.process_config import (
    get_optimizer_experimental_options as get_experimental_options,
)
from tensormill.session.process_config import (
    get_optimizer_jit as get_jit,
)
from tensormill.session.process_config import (
    set_optimizer_experimental_options as set_experimental_options,
)
from tensormill.session.process_config import (
    set_optimizer_jit as set_jit,
)
