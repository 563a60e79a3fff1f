"""Situations that tests of users meet, written as they write them."""

import numpy as np

import tensormill.api as tf


class ArrayTest(tf.test.TestCase):
    def testReverseFlipsAxes(self):
        with self.cached_session(use_gpu=True):
            self.assertAllEqual(tf.reverse([[1, 2], [3, 4]], [1]).eval(), [[2, 1], [4, 3]])

    def testSliceOfVariableIsAssigned(self):
        variable = tf.Variable([1, 2, 3, 4, 5])
        with self.cached_session():
            self.evaluate(variable.initializer)
            self.assertAllEqual(self.evaluate(variable[1:3].assign([9, 8])), [1, 9, 8, 4, 5])

    def testGradientOfSlice(self):
        with self.cached_session():
            x = tf.constant(np.random.rand(3, 4, 5))
            y = x[::-1, 1:3, tf.newaxis, ...]
            self.assertLess(tf.test.compute_gradient_error(x, [3, 4, 5], y, [3, 2, 1, 5]), 1e-8)

    def testShapesThatDoNotFit(self):
        two, three = (tf.placeholder_with_default(np.ones(n), [None]) for n in (2, 3))
        with self.cached_session(), self.assertRaisesIncompatibleShapesError():
            (two + three).eval()


class MathTest(tf.test.TestCase):
    def testIntegerDivisionFloors(self):
        with self.cached_session():
            a, b = tf.constant([5, -5]), tf.constant([3, 3])
            self.assertAllEqual((a // b).eval(), [1, -2])
            self.assertAllEqual((a % b).eval(), [2, 1])
            with self.assertRaisesOpError("division by zero"):
                (a // tf.placeholder_with_default(0, [])).eval()

    def testGradientsOfTransposedProducts(self):
        with self.cached_session():
            for transpose_a in (False, True):
                for transpose_b in (False, True):
                    a = tf.constant(np.random.rand(*([3, 2] if transpose_a else [2, 3])))
                    b = tf.constant(np.random.rand(*([4, 3] if transpose_b else [3, 4])))
                    y = tf.matmul(a, b, transpose_a, transpose_b)
                    shapes = [a.shape.as_list(), b.shape.as_list()]
                    error = tf.test.compute_gradient_error([a, b], shapes, y, [2, 4])
                    self.assertLess(error, 1e-8)


class VariablesTest(tf.test.TestCase):
    def testUseBeforeInitialization(self):
        with self.cached_session() as session:
            variable = tf.Variable(1.0, name="v")
            with self.assertRaisesOpError("uninitialized value v"):
                session.run(variable)
            tf.global_variables_initializer().run()
            self.assertAllClose(tf.assign_add(variable, 2.0).eval(), 3.0)

    def testReadAfterAssignment(self):
        with self.cached_session():
            variable = tf.Variable([1.0, 2.0])
            variable.initializer.run()
            with tf.control_dependencies([variable.assign([3.0, 4.0])]):
                after = tf.identity(variable.read_value())
            self.assertAllEqual(after.eval(), [3.0, 4.0])


class ControlFlowTest(tf.test.TestCase):
    def testBranches(self):
        with self.cached_session() as session:
            x = tf.placeholder(tf.float32, [])
            results = tf.cond(x < 1, lambda: (x * 2, 1), lambda: (x + 10, 2))
            self.assertAllEqual(session.run(results, {x: 0.5}), [1.0, 1.0])
            self.assertAllEqual(session.run(results, {x: 5.0}), [15.0, 2.0])

    def testGradientOfLoop(self):
        with self.cached_session():
            x = tf.constant(2.0)
            _, power = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x])
            self.assertAllClose(tf.gradients(power, x)[0].eval(), 32.0)

    def testShapeThatGrowsInLoop(self):
        with self.assertRaisesRegex(ValueError, "shape_invariants"):
            tf.while_loop(
                lambda a: tf.size(a) < 5, lambda a: tf.concat([a, a], 0), [tf.constant([1.0])]
            )
