"""`tf.contrib.distributions`: what `tf.distributions` has, under its older name."""

from tensormill.distributions import *
