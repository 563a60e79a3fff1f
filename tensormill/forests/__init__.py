"""Decision trees: `tf.contrib.tensor_forest` and `tf.contrib.boosted_trees`.

Trees are variables, so that they are saved and shared as other models are; finding an example's
leaves is part of the graph (`tree_walk`), and growing trees is done on arrays by functions of the
process that has the variables (`forest_growth`, `boosting`).
"""
