"""`tf.random.experimental`: generators of random numbers whose state is a variable."""

from tensormill.variables.random_generator import (
    Generator,
    create_rng_state,
    get_global_generator,
    set_global_generator,
)
