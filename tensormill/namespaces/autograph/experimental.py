"""`tf.autograph.experimental`."""

from tensormill.functional.unconverted import Feature, do_not_convert, set_loop_options
