"""Variables as users have them: `tf.Variable`, `tf.get_variable`, scopes, initializers."""
