"""`tf.autograph.experimental`."""

from tensormill.python_statements.public import Feature, do_not_convert, set_loop_options
