"""Lookup tables: `tf.lookup` and what lies behind `tf.contrib.lookup`."""
