"""Saving and restoring: `tf.train.Saver`, its graph and its files."""
