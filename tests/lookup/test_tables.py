"""`tf.lookup` and `tf.contrib.lookup`: what programs make with tables."""

import numpy as np
import pytest

import tensormill as tf

lookup = tf.contrib.lookup


def run(*fetches):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetches[0] if len(fetches) == 1 else list(fetches))


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("apple\nbread\ncheese\n")
    return str(path)


def test_words_of_a_file_have_the_numbers_of_their_lines(words):
    table = lookup.index_table_from_file(words, num_oov_buckets=2)
    back = lookup.index_to_string_table_from_file(words)
    ids = table.lookup(tf.constant(["bread", "apple", "wine", "bread"]))
    found, size, strings = run(ids, table.size(), back.lookup(ids))
    assert found.tolist()[:2] == [1, 0]
    assert found[2] in (3, 4)
    assert size == 5
    assert strings.tolist() == [b"bread", b"apple", b"UNK", b"bread"]


def test_words_of_a_list_have_their_places():
    table = lookup.index_table_from_tensor(["a", "b"], default_value=-7)
    numbers = lookup.index_table_from_tensor([10, 20], dtype=tf.int32, num_oov_buckets=1)
    back = lookup.index_to_string_table_from_tensor(["a", "b"], default_value="?")
    found = run(
        table.lookup(tf.constant(["b", "z"])),
        numbers.lookup(tf.constant([20, 10, 30])),
        back.lookup(tf.constant([1, 5], tf.int64)),
    )
    assert [each.tolist() for each in found] == [[1, -7], [1, 0, 2], [b"b", b"?"]]


def test_sparse_keys_give_sparse_values():
    table = lookup.index_table_from_tensor(["a", "b"])
    keys = tf.SparseTensor([[0, 1], [1, 0]], ["b", "a"], [2, 2])
    found = run(table.lookup(keys))
    assert found.values.tolist() == [1, 0]
    assert found.indices.tolist() == [[0, 1], [1, 0]]


def test_a_table_is_shared_under_its_name():
    initializer = lookup.KeyValueTensorInitializer(["a"], [5])
    first = lookup.HashTable(initializer, -1, shared_name="shared")
    assert first.resource_handle.op.get_attr("shared_name") == b"shared"
    assert first.init is first.initializer
    other = tf.lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["a"], [6]), -1)
    assert run(first.lookup(tf.constant("a")), other.lookup(tf.constant("a"))) == [5, 6]


def test_all_keys_may_be_hashed():
    table = lookup.IdTableWithHashBuckets(None, 4, hasher_spec=lookup.StrongHashSpec((1, 2)))
    ids = run(table.lookup(tf.constant(["a", "b", "a"])))
    assert ids[0] == ids[2]
    assert set(ids) <= set(range(4))


def test_a_table_must_be_initialized():
    found = lookup.index_table_from_tensor(["a"]).lookup(tf.constant(["a"]))
    error = tf.errors.FailedPreconditionError
    with tf.Session() as session, pytest.raises(error, match="Table not initialized"):
        session.run(found)


def test_a_mutable_table_changes_and_is_saved(tmp_path):
    table = lookup.MutableHashTable(tf.string, tf.int64, -1)
    dense = lookup.MutableDenseHashTable(tf.int64, tf.float32, [0.0, 0.0], 0, -1)
    inserts = [
        table.insert(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64)),
        dense.insert([5], [[1.0, 2.0]]),
    ]
    remove = table.remove(tf.constant(["a"]))
    found = table.lookup(tf.constant(["a", "b"]))
    dense_found = dense.lookup(tf.constant([5, 6], tf.int64))
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(inserts)
        assert session.run([found, table.size()])[0].tolist() == [1, 2]
        path = saver.save(session, str(tmp_path / "m"))
        session.run(remove)
        assert session.run(found).tolist() == [-1, 2]
        assert session.run(table.size()) == 1
    with tf.Session() as session:
        saver.restore(session, path)
        assert session.run(found).tolist() == [1, 2]
        assert session.run(dense_found).tolist() == [[1.0, 2.0], [0.0, 0.0]]


def test_tables_of_sessions_are_apart():
    table = lookup.MutableHashTable(tf.string, tf.int64, -1, checkpoint=False)
    insert = table.insert(tf.constant(["a"]), tf.constant([1], tf.int64))
    with tf.Session() as first, tf.Session() as second:
        first.run(insert)
        assert first.run(table.size()) == 1
        assert second.run(table.size()) == 0


def test_a_monitored_session_initializes_tables(words):
    table = lookup.index_table_from_file(words)
    found = table.lookup(tf.constant(["cheese"]))
    with tf.train.MonitoredSession() as session:
        assert session.run(found).tolist() == [2]


def test_training_reads_embeddings_by_words(words):
    table = lookup.index_table_from_file(words, num_oov_buckets=1)
    vectors = tf.get_variable("vectors", initializer=np.eye(4, dtype=np.float32))
    ids = table.lookup(tf.constant(["cheese", "apple"]))
    assert run(tf.nn.embedding_lookup(vectors, ids)).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


class TestRefusals:
    def test_dtypes(self):
        table = lookup.index_table_from_tensor(["a"])
        with pytest.raises(TypeError, match="Dtype of argument `keys` must be"):
            table.lookup(tf.constant([1]))
        with pytest.raises(TypeError, match="integer or string"):
            lookup.index_table_from_tensor([1.0], dtype=tf.float32)
        with pytest.raises(ValueError, match="Expected integer, got"):
            lookup.index_table_from_tensor(["a"], dtype=tf.int64)
        with pytest.raises(TypeError, match="must be of type HasherSpec"):
            lookup.IdTableWithHashBuckets(table, 1, hasher_spec=None)
        other = tf.lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["a"], ["b"]), "")
        with pytest.raises(TypeError, match="expected int64 but got"):
            lookup.IdTableWithHashBuckets(other, 1)

    def test_arguments(self, words):
        with pytest.raises(ValueError, match="`vocabulary_file` must be specified"):
            lookup.index_table_from_file("")
        with pytest.raises(ValueError, match="must be greater or equal than 0"):
            lookup.index_table_from_file(words, num_oov_buckets=-1)
        with pytest.raises(ValueError, match="`vocab_size` must be greater than 0"):
            lookup.index_table_from_file(words, vocab_size=0)
        with pytest.raises(ValueError, match="`vocabulary_list` must be specified"):
            lookup.index_table_from_tensor(None)
        with pytest.raises(ValueError, match="must be > 0 if no `table`"):
            lookup.IdTableWithHashBuckets(None, 0)
        with pytest.raises(ValueError, match="must be > 0; use StaticHashTable"):
            tf.lookup.StaticVocabularyTable(None, 0)
        with pytest.raises(ValueError, match="should be >= -2"):
            lookup.TextFileInitializer(words, tf.string, -3, tf.int64, -1)
        with pytest.raises(ValueError, match="must be int64 if `key_index` is -1"):
            lookup.TextFileInitializer(words, tf.string, -1, tf.int64, 0)
        with pytest.raises(ValueError, match="must have size 2"):
            lookup.StrongHashSpec((1,))


def test_a_table_that_is_made_in_a_loop_is_there_before_it() -> None:
    def value_of(key: tf.Tensor) -> tf.Tensor:
        initializer = tf.lookup.KeyValueTensorInitializer([1, 2, 3], [5, 10, 15])
        return tf.lookup.StaticHashTable(initializer, -1).lookup(key)

    keys = np.int32([2, 4, 1])
    found = [tf.map_fn(value_of, keys), tf.map_fn(value_of, keys)]
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        for values in session.run(found):
            assert values.tolist() == [10, -1, 5]
