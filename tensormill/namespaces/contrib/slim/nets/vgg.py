"""`tf.contrib.slim.nets.vgg`."""

from tensormill.slim.nets.vgg import vgg_16, vgg_19, vgg_a, vgg_arg_scope, vgg_d, vgg_e
