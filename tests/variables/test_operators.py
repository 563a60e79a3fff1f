"""Operators take a partitioned variable, or slices of a tensor, for the tensor they stand for."""

from __future__ import annotations

import numpy as np

import tensormill as tf


def test_a_partitioned_variable_stands_on_either_side() -> None:
    with tf.variable_scope("scope", partitioner=tf.fixed_size_partitioner(2)):
        whole = tf.get_variable("whole", [4, 2], initializer=tf.ones_initializer())
    results = [2.0 * tf.ones([4, 2]) * whole, whole - tf.ones([4, 2])]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        doubled, less = session.run(results)
    np.testing.assert_array_equal(doubled, np.full([4, 2], 2.0))
    np.testing.assert_array_equal(less, np.zeros([4, 2]))


def test_slices_count_as_the_dense_tensor() -> None:
    slices = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 2]), tf.constant([4, 2]))
    variable = tf.get_variable("variable", initializer=tf.fill([4, 2], 3.0), use_resource=True)
    with tf.Session() as session:
        session.run(variable.initializer)
        product, total = session.run([variable * slices, variable + slices])
    np.testing.assert_array_equal(product[:, 0], [3, 0, 3, 0])
    np.testing.assert_array_equal(total[:, 1], [4, 3, 4, 3])
