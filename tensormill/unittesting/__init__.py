"""What `tf.test` offers: test cases with sessions, comparisons of arrays, checks of gradients.

The layer `testing` holds what tests of the package itself need; this package is for users.
"""
