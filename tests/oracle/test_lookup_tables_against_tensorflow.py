"""The nodes and collections of lookup tables, as in TensorFlow."""

import pytest

from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

TABLES = """
index = tf.lookup.TextFileIndex
pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
table = tf.lookup.StaticHashTable(pairs, -1)
table.lookup(tf.constant(["a"]))
table.size()
table.export()

def lines():
    return tf.lookup.TextFileInitializer(
        path, tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER)

named = tf.lookup.StaticHashTable(lines(), -1, name="named")
vocabulary = tf.lookup.StaticVocabularyTable(lines(), 2)
vocabulary.lookup(tf.constant(["a"]))
vocabulary.size()
dense = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -2)
dense.insert([1], [2])
dense.lookup([1])
dense.size()
tf.train.Saver()
tf.tables_initializer()
graph = tf.get_default_graph()
result = [
    [node.name, node.op, node.device, list(node.input),
     {key: str(value) for key, value in node.attr.items()
      if key in ("key_index", "value_index", "vocab_size", "use_node_name_sharing", "container")}]
    for node in graph.as_graph_def().node
]
result += [[item.name for item in graph.get_collection(key)]
           for key in ("table_initializer", "asset_filepaths", "saveable_objects")]
result.append(named.resource_handle.op.get_attr("shared_name").decode().replace(path, "PATH"))
"""


def test_tables_make_the_nodes_of_tensorflow(tmp_path, oracle):
    path = tmp_path / "words"
    path.write_text("a\nb\n")
    made = run_here(TABLES, path=str(path))
    expected = oracle.run(TABLES, path=str(path))
    for ours, theirs in zip(made, expected, strict=True):
        assert ours == theirs
