"""Cases of lookup tables: what they find, refuse and export."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
import os, tempfile
raw = tf.raw_ops
result = []

def outcome(call):
    try:
        result.append(call())
    except (tf.errors.OpError, ValueError, TypeError) as error:
        result.append(type(error).__name__)
"""


def program(op_types, source):
    return OpProgram(op_types, _START + dedent(source))


CASES = [
    program(
        (
            "HashTableV2",
            "InitializeTableV2",
            "LookupTableImportV2",
            "LookupTableFindV2",
            "LookupTableSizeV2",
            "LookupTableExportV2",
        ),
        """
        def table(keys, values, default, look_up=None, op=raw.LookupTableImportV2, init=True):
            def call():
                with tf.Graph().as_default(), tf.Session() as session:
                    k, v = tf.constant(keys), tf.constant(values)
                    handle = raw.HashTableV2(key_dtype=k.dtype, value_dtype=v.dtype)
                    if init:
                        session.run(op(table_handle=handle, keys=k, values=v))
                        session.run(op(table_handle=handle, keys=k, values=v))
                    found = raw.LookupTableFindV2(
                        table_handle=handle, keys=keys if look_up is None else look_up,
                        default_value=tf.constant(default, v.dtype))
                    exported = raw.LookupTableExportV2(
                        table_handle=handle, Tkeys=k.dtype, Tvalues=v.dtype)
                    size = session.run(raw.LookupTableSizeV2(table_handle=handle))
                    return [session.run(found), size,
                            sorted(map(repr, session.run(exported)[0].tolist()))]
            outcome(call)

        table(["a", "b"], [1, 2], -1, [["b"], ["z"]])
        table(["a", "b"], [1, 2], -1, op=raw.InitializeTableV2)
        table(np.int64([3, 4]), np.float32([0.5, 1.5]), 7.0, np.int64([4, 5]))
        table(np.int64([3, 4]), ["x", "y"], "?", np.int64([4, 5]))
        table(["a"], [True], False, ["a", "b"])
        table(["a", "a"], [1, 1], -1)
        table(["a", "a"], [1, 2], -1)
        table(["a", "b"], [1], -1)
        table(["a", "b"], [1, 2], -1, init=False)
        table(["a", "b"], [1, 2], -1, np.int64([1]))
        table(["a", "b"], [1, 2], [-1, -2], ["a", "q"])
        """,
    ),
    program(
        ("InitializeTableFromTextFileV2",),
        """
        holder = tempfile.TemporaryDirectory()

        def file(text):
            path = os.path.join(holder.name, str(len(os.listdir(holder.name))))
            with open(path, "w") as out:
                out.write(text)
            return path

        def table(path, keys, key_index, value_index, value_dtype=tf.int64, default=-1, **options):
            def call():
                with tf.Graph().as_default(), tf.Session() as session:
                    k = tf.constant(keys)
                    handle = raw.HashTableV2(key_dtype=k.dtype, value_dtype=value_dtype)
                    session.run(raw.InitializeTableFromTextFileV2(
                        table_handle=handle, filename=path, key_index=key_index,
                        value_index=value_index, **options))
                    return session.run(raw.LookupTableFindV2(
                        table_handle=handle, keys=k,
                        default_value=tf.constant(default, value_dtype)))
            outcome(call)

        words = file("a\\nb\\r\\nc")
        columns = file("a 1 0.5\\nb 2 1.5\\n")
        table(words, ["a", "b", "c", "d"], -2, -1)
        table(words, ["a", "b", "c", "d"], -2, -1, vocab_size=2)
        table(words, ["a"], -2, -1, vocab_size=9)
        table(words, np.int64([0, 2, 5]), -1, -2, tf.string, "?")
        table(words, ["a", "c"], -2, -1, offset=10)
        table(columns, ["a", "b"], 0, 1, delimiter=" ")
        table(columns, np.int64([1, 2]), 1, 2, tf.float32, 0.0, delimiter=" ")
        table(columns, ["a"], 0, 3, delimiter=" ")
        table(columns, ["a"], 1, 0, delimiter=" ")
        table(file("a\\na\\n"), ["a"], -2, -1)
        table(os.path.join(holder.name, "none"), ["a"], -2, -1)
        holder.cleanup()
        """,
    ),
    program(
        (
            "MutableHashTableV2",
            "MutableHashTableOfTensorsV2",
            "LookupTableInsertV2",
            "LookupTableRemoveV2",
        ),
        """
        def table(make, calls):
            def call():
                with tf.Graph().as_default(), tf.Session() as session:
                    handle = make()
                    return [session.run(step(handle)) for step in calls]
            outcome(call)

        def insert(keys, values):
            return lambda h: raw.LookupTableInsertV2(table_handle=h, keys=keys, values=values)

        def find(keys, default):
            return lambda h: raw.LookupTableFindV2(table_handle=h, keys=keys,
                                                   default_value=default)

        def remove(keys):
            return lambda h: raw.LookupTableRemoveV2(table_handle=h, keys=keys)

        def load(keys, values):
            return lambda h: raw.LookupTableImportV2(table_handle=h, keys=keys, values=values)

        size = lambda h: raw.LookupTableSizeV2(table_handle=h)
        words = lambda: raw.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
        pairs = lambda: raw.MutableHashTableOfTensorsV2(
            key_dtype=tf.int64, value_dtype=tf.float32, value_shape=[2])
        one, two = np.int64([1]), np.int64([1, 2])
        table(words, [insert(["a", "b"], two), find(["b", "q"], np.int64(-5)),
                      insert(["b"], np.int64([9])), find([["b"], ["a"]], np.int64(0)), size])
        table(words, [insert(["a", "b"], two), remove(["b", "q"]), size,
                      find(["b", "a"], np.int64([7, 8]))])
        table(words, [insert(["a", "b"], two), load(["z"], one), size,
                      find(["a", "z"], np.int64(0))])
        table(words, [insert(["a", "b"], one)])
        table(words, [insert([1.0], one)])
        table(words, [find(["a", "b", "c"], two)])
        table(pairs, [insert(two, [[1.0, 2.0], [3.0, 4.0]]), size,
                      find(np.int64([[2], [5]]), [0.0, -1.0])])
        table(pairs, [insert(two, [[1.0], [3.0]])])
        """,
    ),
    program(
        ("MutableDenseHashTableV2",),
        """
        def table(calls, **options):
            def call():
                with tf.Graph().as_default(), tf.Session() as session:
                    options.setdefault("empty_key", np.int64(0))
                    options.setdefault("deleted_key", np.int64(-1))
                    options.setdefault("value_dtype", tf.int64)
                    handle = raw.MutableDenseHashTableV2(initial_num_buckets=4, **options)
                    return [session.run(step(handle)) for step in calls]
            outcome(call)

        def insert(keys, values):
            return lambda h: raw.LookupTableInsertV2(table_handle=h, keys=np.int64(keys),
                                                     values=values)

        def find(keys, default):
            return lambda h: raw.LookupTableFindV2(table_handle=h, keys=np.int64(keys),
                                                   default_value=default)

        size = lambda h: raw.LookupTableSizeV2(table_handle=h)
        table([insert([1, 2], np.int64([5, 6])), find([2, 3], np.int64(-5)), size])
        table([insert([1, 2], np.int64([5, 6])),
               lambda h: raw.LookupTableRemoveV2(table_handle=h, keys=np.int64([2])), size])
        table([insert([0], np.int64([5]))])
        table([insert([-1], np.int64([5]))])
        table([find([0], np.int64(5))])
        table([size], deleted_key=np.int64(0))
        table([insert([[5, 1], [2, 1]], [[5.0], [6.0]]), find([[2, 1], [7, 7]], [0.0])],
              empty_key=np.int64([0, 0]), deleted_key=np.int64([-1, -1]), value_dtype=tf.float32,
              value_shape=[1])

        def shapes(h):
            keys, values = raw.LookupTableExportV2(table_handle=h, Tkeys=tf.int64,
                                                   Tvalues=tf.int64)
            return tf.concat([tf.shape(keys), tf.shape(values)], 0)

        table([insert([7], np.int64([5])), shapes])
        """,
    ),
    program(
        (
            "HashTable",
            "MutableHashTable",
            "MutableHashTableOfTensors",
            "MutableDenseHashTable",
            "InitializeTable",
            "InitializeTableFromTextFile",
            "LookupTableFind",
            "LookupTableInsert",
            "LookupTableImport",
            "LookupTableSize",
            "LookupTableExport",
        ),
        """
        holder = tempfile.TemporaryDirectory()
        path = os.path.join(holder.name, "words")
        with open(path, "w") as out:
            out.write("a\\nb\\n")
        types = {"key_dtype": tf.string, "value_dtype": tf.int64}
        two = np.int64([1, 2])
        with tf.Session() as session:
            first, second = raw.HashTable(**types), raw.HashTable(**types)
            session.run(raw.InitializeTable(table_handle=first, keys=["a", "b"], values=two))
            session.run(raw.InitializeTableFromTextFile(
                table_handle=second, filename=path, key_index=-2, value_index=-1))
            mutable = raw.MutableHashTable(**types)
            session.run(raw.LookupTableInsert(table_handle=mutable, keys=["a", "b"], values=two))
            session.run(raw.LookupTableImport(table_handle=mutable, keys=["b"],
                                              values=np.int64([3])))
            for handle in (first, second, mutable):
                result.append(session.run(raw.LookupTableFind(
                    table_handle=handle, keys=["b", "q"], default_value=np.int64(-1))))
                result.append(session.run(raw.LookupTableSize(table_handle=handle)))
            result.append(session.run(raw.LookupTableExport(
                table_handle=mutable, Tkeys=tf.string, Tvalues=tf.int64))[1])
            tensors = raw.MutableHashTableOfTensors(value_shape=[1], **types)
            session.run(raw.LookupTableInsert(table_handle=tensors, keys=["a"],
                                              values=np.int64([[4]])))
            result.append(session.run(raw.LookupTableSize(table_handle=tensors)))
            result.append([first.dtype.name, first.shape.as_list(), tensors.op.type])
        holder.cleanup()
        """,
    ),
]
