"""`tf.contrib.learn`: the estimators of before `tf.estimator`, with `fit`."""
