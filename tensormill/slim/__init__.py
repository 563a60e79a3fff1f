"""Behind `tf.contrib.slim`: data sets of examples, evaluation, networks for images."""
