"""Programs whose values tensormill and real TensorFlow must agree on.

Each is the text of a program that sets `result`; in it `tf` and `np` are there.
"""

_FEATURES = """
features = {
    "price": tf.constant([[1.0], [5.0], [-2.0]]),
    "size": tf.constant([[1.0, 12.0], [3.0, 4.0], [20.0, 30.0]]),
    "color": tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["red", "blue", "gray"], [3, 2]),
    "shape": tf.constant([["round"], [""], ["flat"]]),
    "count": tf.constant([[1], [-1], [3]], dtype=tf.int64),
    "weight": tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [0.5, 2.0, 3.0], [3, 2]),
}
fc = tf.feature_column

def values(*tensors):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return [np.asarray(value) for value in session.run(list(tensors))]

ones = tf.ones_initializer()
colors = fc.categorical_column_with_vocabulary_list("color", ["blue", "red"], default_value=0)
"""

_BODIES = {
    "numbers": """
result = values(fc.input_layer(features, [
    fc.numeric_column("size", shape=2),
    fc.numeric_column("price", normalizer_fn=lambda x: x * 2.0 - 1.0),
]))
""",
    "buckets": """
column = fc.bucketized_column(fc.numeric_column("size", shape=2), [3.0, 12.0])
result = values(fc.input_layer(features, [column]), fc.linear_model(features, [column]))
""",
    "hashed categories": """
columns = [
    fc.indicator_column(fc.categorical_column_with_hash_bucket(key, 7, dtype))
    for key, dtype in (("color", tf.string), ("count", tf.int64))
]
result = values(fc.input_layer(features, columns))
""",
    "listed categories": """
result = values(fc.input_layer(features, [
    fc.indicator_column(colors),
    fc.indicator_column(fc.categorical_column_with_vocabulary_list(
        "shape", ["flat", "round"], num_oov_buckets=3)),
    fc.indicator_column(fc.categorical_column_with_vocabulary_list("count", [3, 1])),
]))
""",
    "numbered categories": """
column = fc.categorical_column_with_identity("count", 3, default_value=2)
result = values(fc.input_layer(features, [fc.indicator_column(column)]))
""",
    "weighted categories": """
column = fc.weighted_categorical_column(colors, "weight")
result = values(
    fc.input_layer(features, [fc.indicator_column(column)]),
    fc.input_layer(features, [fc.embedding_column(column, 2, "sum", initializer=ones)]),
)
""",
    "crosses": """
sizes = fc.bucketized_column(fc.numeric_column("size", shape=2), [3.0, 12.0])
column = fc.crossed_column(["shape", sizes, colors], 11, hash_key=5)
nested = fc.crossed_column([fc.crossed_column(["color", "shape"], 4), "count"], 13)
result = values(
    fc.input_layer(features, [fc.indicator_column(column), fc.indicator_column(nested)]))
""",
    "embeddings": """
def table(shape, dtype=None, partition_info=None):
    return tf.constant(np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape))
columns = [
    fc.embedding_column(colors, 3, combiner, initializer=table, max_norm=norm)
    for combiner, norm in (("mean", None), ("sqrtn", 2.0), ("sum", None))
]
result = values(*[fc.input_layer(features, [column]) for column in columns])
""",
    "shared embeddings": """
def table(shape, dtype=None, partition_info=None):
    return tf.constant(np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape))
other = fc.categorical_column_with_vocabulary_list("shape", ["flat", "round"])
columns = fc.shared_embedding_columns([other, colors], 3, initializer=table)
result = values(fc.input_layer(features, columns)) + [v.name for v in tf.global_variables()]
""",
    "a linear model": """
found = {}
model = fc.linear_model(features, [
    fc.numeric_column("price"), colors, fc.weighted_categorical_column(colors, "weight"),
    fc.indicator_column(fc.categorical_column_with_hash_bucket("shape", 4)),
], units=2, sparse_combiner="mean", cols_to_vars=found)
bias = found["bias"][0]
with tf.Session() as session:
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    session.run([v.assign(tf.ones_like(v) * (i + 1)) for i, v in enumerate(tf.global_variables())])
    result = [session.run(model), bias.name, sorted(v.name for v in tf.global_variables())]
""",
    "names of variables": """
embedding = fc.embedding_column(colors, 2)
with tf.variable_scope("outer"):
    fc.input_layer(features, [embedding])
    fc.input_layer(features, [embedding])
fc.linear_model(features, [colors, fc.numeric_column("price")])
fc.linear_model(features, [colors])
result = [v.name for v in tf.global_variables()] + [
    len(tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)), len(tf.trainable_variables())]
""",
}

PROGRAMS = {name: _FEATURES + body for name, body in _BODIES.items()}

ERRORS = {
    "no such feature": 'fc.input_layer({"a": [[1.0]]}, [fc.numeric_column("b")])',
    "a scalar": 'fc.input_layer({"a": 1.0}, [fc.numeric_column("a")])',
    "two of one name": 'fc.input_layer({"a": [[1.0]]}, [fc.numeric_column("a")] * 2)',
    "other batch sizes": """fc.input_layer(
        {"a": [[1.0]], "b": [[1.0], [2.0]]}, [fc.numeric_column("a"), fc.numeric_column("b")])""",
    "a sparse number": """fc.input_layer(
        {"a": tf.SparseTensor([[0, 0]], [1.0], [1, 1])}, [fc.numeric_column("a")])""",
    "categories in an input layer": """fc.input_layer(
        {"a": [["x"]]}, [fc.categorical_column_with_hash_bucket("a", 3)])""",
    "no columns": "fc.input_layer({}, [])",
    "unsorted boundaries": 'fc.bucketized_column(fc.numeric_column("a"), [3, 1])',
    "a default of another shape": 'fc.numeric_column("a", shape=2, default_value=[1.0])',
    "a float default of integers": 'fc.numeric_column("a", default_value=1.5, dtype=tf.int32)',
    "an empty shape": 'fc.numeric_column("a", shape=[0])',
    "no buckets": 'fc.categorical_column_with_hash_bucket("a", 0)',
    "a list with a double": 'fc.categorical_column_with_vocabulary_list("a", ["x", "x"])',
    "a default out of range": 'fc.categorical_column_with_identity("a", 3, default_value=3)',
    "a cross of one": 'fc.crossed_column(["a"], 3)',
    "a cross of hashes": """fc.crossed_column(
        ["a", fc.categorical_column_with_hash_bucket("b", 3)], 3)""",
    "no dimension": 'fc.embedding_column(fc.categorical_column_with_identity("a", 3), 0)',
}
