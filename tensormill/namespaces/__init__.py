"""The sub-namespaces of the public API (`tf.train`, `tf.nn` …); they only name things."""
