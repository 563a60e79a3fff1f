"""Cases of datasets and iterators: pipelines, and what they give element by element."""

from tests.op_cases.case import OpProgram

_HELPERS = """
raw = tf.raw_ops
R = tf.data.Dataset.range

def values(dataset, most=50, initializable=False):
    if initializable:
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
    else:
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
    element = iterator.get_next()
    found = []
    with tf.Session() as session:
        if initializable:
            session.run(iterator.initializer)
        while len(found) < most:
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError as error:
                assert "End of sequence" in str(error)
                found.append("end")
                break
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found

def raw_values(variant, types, shapes):
    handle = raw.IteratorV2(
        shared_name="", container="", output_types=types, output_shapes=shapes)
    begin = raw.MakeIterator(dataset=variant, iterator=handle)
    element = raw.IteratorGetNext(iterator=handle, output_types=types, output_shapes=shapes)
    found = []
    with tf.Session() as session:
        session.run(begin)
        for _ in range(20):
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                found.append("end")
                break
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found

I = dict(output_types=[tf.int64], output_shapes=[[]])
V = dict(output_types=[tf.int64], output_shapes=[[None]])
"""


def dataset_program(op_types: str, body: str) -> OpProgram:
    return OpProgram(tuple(op_types.split()), _HELPERS + body)


CASES = [
    dataset_program(
        "TensorDataset TensorSliceDataset OneShotIterator IteratorGetNext",
        """
x = np.arange(6.0).reshape(3, 2)
D = tf.data.Dataset
result = [
    values(D.from_tensors((x, [b"a", b"b"]))),
    values(D.from_tensor_slices((x, {"names": [b"a", b"b", b"c"], "flags": [True, False, True]}))),
    [str(t) for t in (D.from_tensor_slices(x).output_shapes, D.from_tensors(x).output_types)],
    raw_values(raw.TensorSliceDataset(components=[[1, 2], [3.0, 4.0]], output_shapes=[[], []]),
               [tf.int32, tf.float32], [[], []]),
]
""",
    ),
    dataset_program(
        "SparseTensorSliceDataset SerializeSparse SerializeManySparse DeserializeSparse "
        "DeserializeManySparse",
        """
sparse = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 2.0, 3.0], [3, 4])
def flat(items):
    return [item if isinstance(item, str) else [list(map(np.asarray, item))] for item in items]
packed = tf.io.serialize_many_sparse(sparse)
unpacked = tf.io.deserialize_many_sparse(packed, tf.float32)
one = raw.DeserializeSparse(
    serialized_sparse=tf.io.serialize_sparse(sparse), dtype=tf.float32)
with tf.Session() as session:
    restored = session.run([unpacked.indices, unpacked.values, unpacked.dense_shape, *one])
result = [
    flat(values(tf.data.Dataset.from_tensor_slices(sparse))),
    flat(values(tf.data.Dataset.from_tensors(sparse))),
    flat(values(tf.data.Dataset.from_tensor_slices(sparse).batch(2))),
    values(tf.data.Dataset.from_tensor_slices(sparse).map(
        lambda s: tf.sparse_tensor_to_dense(s, validate_indices=False))),
    raw_values(raw.SparseTensorSliceDataset(
        indices=sparse.indices, values=sparse.values, dense_shape=sparse.dense_shape),
        [tf.int64, tf.float32, tf.int64], [[None, 1], [None], [1]]),
    restored,
]
""",
    ),
    dataset_program(
        "RangeDataset RepeatDataset TakeDataset SkipDataset ShardDataset ConcatenateDataset "
        "ZipDataset",
        """
result = [
    values(R(5)), values(R(2, 9, 3)), values(R(5, 0, -2)), values(R(0)),
    values(R(3).repeat(2)), values(R(3).repeat(0)), values(R(3).repeat(), 8),
    values(R(9).take(4)), values(R(3).take(-1)), values(R(9).skip(7)), values(R(3).skip(-1)),
    values(R(10).shard(3, 1)), values(R(10).skip(1).shard(2, 1).take(3)),
    values(R(2).concatenate(R(7, 9)), 9),
    values(tf.data.Dataset.zip((R(3), {"a": R(5, 9)}))),
    values(R(4).enumerate(start=10)),
    values(R(0).repeat()),
    values(R(7).batch(3)), values(R(7).batch(3, drop_remainder=True)),
    values(R(7).repeat(2).batch(4)), values(R(7).skip(2).take(4).batch(3)),
    values(R(10).shard(3, 2).batch(2)),
]
""",
    ),
    dataset_program(
        "GeneratorDataset",
        """
def pairs():
    for i in range(3):
        yield i, [float(i)] * i

def wrong():
    yield 1
    yield "text"

def counted(n):
    for i in range(n):
        yield {"a": i, "b": b"x" * i}

D = tf.data.Dataset
result = [
    values(D.from_generator(pairs, (tf.int32, tf.float32), ([], [None]))),
    values(D.from_generator(pairs, (tf.int32, tf.float32)).repeat(2)),
    values(D.from_generator(wrong, tf.int64))[:2],
    values(D.from_generator(counted, {"a": tf.int64, "b": tf.string}, args=(3,))),
    values(D.from_generator(pairs, (tf.int32, tf.float32), ([], [2])))[:1],
]
""",
    ),
    dataset_program(
        "RandomDataset",
        """
def draw(dataset):
    return values(dataset.take(5))
a, b = (draw(tf.data.experimental.RandomDataset(seed=4)) for _ in range(2))
result = [a == b, len(set(a)), all(0 <= x < 2**32 for x in a[:-1])]
""",
    ),
    dataset_program(
        "ShuffleDataset ShuffleAndRepeatDataset",
        """
def check(dataset, count, epochs=1):
    found = values(dataset, 200)
    assert found[-1] == "end"
    parts = [found[i * count:(i + 1) * count] for i in range(epochs)]
    return [sorted(int(x) for x in part) for part in parts], len(found)

def agrees(make):
    return values(make(), 200) == values(make(), 200)

shuffled = lambda: R(20).shuffle(7, seed=5)
epochs = values(R(20).shuffle(20, seed=5).repeat(2), 100)
fixed = values(R(20).shuffle(20, seed=5, reshuffle_each_iteration=False).repeat(2), 100)
places = values(shuffled())
result = [
    check(shuffled(), 20), agrees(shuffled),
    check(R(20).shuffle(100).repeat(3), 20, 3),
    check(R(20).shuffle(3).repeat(2), 20, 2),
    epochs[:20] != epochs[20:40], fixed[:20] == fixed[20:40],
    all(place >= value - 6 for place, value in enumerate(places[:-1])),
    check(R(9).apply(tf.data.experimental.shuffle_and_repeat(4, 2, seed=3)), 9, 2),
    [len(b) for b in values(R(10).shuffle(5).batch(4))[:-1]],
    values(R(3).shuffle(1)),
]
""",
    ),
    dataset_program(
        "CacheDataset PrefetchDataset",
        """
import os, tempfile
calls = []
def note(x):
    calls.append(int(x))
    return x
def noted(n):
    return R(n).map(lambda x: tf.py_func(note, [x], tf.int64))
twice = values(noted(3).cache().repeat(2))
with tempfile.TemporaryDirectory() as folder:
    name = os.path.join(folder, "cache")
    words = tf.data.Dataset.from_tensor_slices(([b"a", b"bc"], [[1.0, 2.0], [3.0, 4.0]]))
    first = values(words.map(lambda a, b: (a, b * 2.0)).cache(name))
    second = values(words.map(lambda a, b: (a, b * 5.0)).cache(name))
result = [
    twice, list(calls), first, second,
    values(R(4).prefetch(2)), values(R(4).map(lambda x: x * x).prefetch(-1)),
    values(R(4).prefetch(0)),
]
""",
    ),
    dataset_program(
        "UniqueDataset IgnoreErrorsDataset DirectedInterleaveDataset",
        """
E = tf.data.experimental
risky = R(5).map(lambda x: tf.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "bad"))
result = [
    values(tf.data.Dataset.from_tensor_slices([3, 1, 3, 2, 1]).apply(E.unique())),
    values(tf.data.Dataset.from_tensor_slices([b"a", b"b", b"a"]).apply(E.unique())),
    values(risky), values(risky.apply(E.ignore_errors())),
    values(risky.batch(2)), values(risky.filter(lambda x: x > 0.0)),
    values(E.choose_from_datasets(
        [R(3), R(10, 14)], tf.data.Dataset.from_tensor_slices(np.int64([1, 0, 1, 1, 0, 0, 0, 1])))),
    sorted(values(E.sample_from_datasets([R(3), R(10, 12)], [0.5, 0.5], seed=1))[:-1]),
]
""",
    ),
    dataset_program(
        "ModelDataset PrivateThreadPoolDataset MaxIntraOpParallelismDataset "
        "AssertCardinalityDataset BatchDatasetV2 ParallelBatchDataset SlidingWindowDataset "
        "Iterator IteratorV2 "
        "MakeIterator IteratorGetNextSync DatasetCardinality",
        """
d = R(5)._variant_tensor
four = np.int64(4)
def of(variant, batched=False):
    shapes = [[None]] if batched else [[]]
    return raw_values(variant, [tf.int64], shapes)
with tf.Session() as session:
    counts = session.run([
        raw.DatasetCardinality(input_dataset=x._variant_tensor)
        for x in (R(5), R(5).repeat(), R(5).filter(lambda x: True), R(5).batch(2), R(9).skip(7),
                  R(3).take(9), R(4).repeat(3), R(10).shard(3, 0), R(2).concatenate(R(3)),
                  tf.data.Dataset.zip((R(2), R(3))), R(6).map(lambda x: x), R(6).prefetch(2))])
handle = raw.Iterator(shared_name="s", container="", **I)
begin = raw.MakeIterator(dataset=d, iterator=handle)
element = raw.IteratorGetNextSync(iterator=handle, **I)
with tf.Session() as session:
    session.run(begin)
    synchronous = session.run(element)
result = [
    of(raw.ModelDataset(input_dataset=d, **I)),
    of(raw.PrivateThreadPoolDataset(input_dataset=d, num_threads=1, **I)),
    of(raw.MaxIntraOpParallelismDataset(input_dataset=d, max_intra_op_parallelism=1, **I)),
    of(raw.AssertCardinalityDataset(input_dataset=d, cardinality=5, **I)),
    of(raw.AssertCardinalityDataset(input_dataset=d, cardinality=4, **I)),
    of(raw.AssertCardinalityDataset(input_dataset=d, cardinality=9, **I)),
    of(raw.BatchDatasetV2(input_dataset=d, batch_size=four, drop_remainder=True, **V), True),
    of(raw.ParallelBatchDataset(input_dataset=d, batch_size=four, num_parallel_calls=2,
                                drop_remainder=False, **V), True),
    of(raw.SlidingWindowDataset(
        input_dataset=d, window_size=2, window_shift=1, window_stride=2, **V), True),
    counts, synchronous,
]
""",
    ),
    dataset_program(
        "PaddedBatchDatasetV2 DenseToSparseBatchDataset",
        """
rows = R(1, 6).map(lambda x: tf.fill([x], x))
words = R(1, 4).map(lambda x: tf.fill([x, 2], "w"))
both = tf.data.Dataset.zip((rows, words))
sparse = values(rows.apply(tf.data.experimental.dense_to_sparse_batch(2, [6])))
result = [
    values(rows.padded_batch(2, [None])),
    values(rows.padded_batch(2, [6], padding_values=np.int64(-1))),
    values(rows.padded_batch(2, [2])),
    values(rows.padded_batch(2, [-1], drop_remainder=True)),
    values(both.padded_batch(3, ([-1], [None, 3]), (np.int64(7), "pad"))),
    [str(both.padded_batch(3, ([-1], [None, 3])).output_shapes)],
    [s if isinstance(s, str) else [np.asarray(p) for p in s] for s in sparse],
    values(rows.batch(2)),
]
""",
    ),
    dataset_program(
        "UnbatchDataset WindowDataset",
        """
E = tf.data.experimental
def windows(dataset, *arguments, **options):
    made = dataset.window(*arguments, **options)
    return values(made.flat_map(lambda w: w.batch(9)))
pairs = tf.data.Dataset.from_tensor_slices((np.arange(6), np.arange(12.0).reshape(6, 2)))
result = [
    values(R(6).batch(4).apply(E.unbatch())),
    values(pairs.batch(4).apply(E.unbatch())),
    windows(R(7), 3), windows(R(7), 3, drop_remainder=True), windows(R(7), 3, 1),
    windows(R(7), 2, 3), windows(R(7), 3, 1, 2), windows(R(7), 3, 2, 2, True), windows(R(9), 2, 5),
    values(pairs.window(4).flat_map(lambda a, b: tf.data.Dataset.zip((a.batch(4), b.batch(4))))),
]
""",
    ),
    dataset_program(
        "MapDataset ParallelMapDataset ParallelMapDatasetV2 MapAndBatchDataset FlatMapDataset "
        "FilterDataset TakeWhileDataset ScanDataset ReduceDataset",
        """
import collections
E = tf.data.experimental
Pair = collections.namedtuple("Pair", ["a", "b"])
table = tf.constant([10.0, 20.0, 30.0])
result = [
    values(R(3).map(lambda x: (x, {"sq": x * x, "t": tf.as_string(x)}))),
    values(R(3).map(lambda x: Pair(x, x + 1)).map(lambda p: Pair(p.a * p.b, p.a))),
    values(R(3).map(lambda x: table[x] + 1.0)),
    values(R(5).map(lambda x: x * 2, num_parallel_calls=3)),
    values(R(5).map(lambda x: tf.py_func(lambda v: v * 3, [x], tf.int64), num_parallel_calls=2)),
    values(R(3).map(lambda x: [x, x])),
    values(R(3).map(lambda x: tf.cond(x > 1, lambda: x, lambda: -x))),
    values(R(3).map(lambda x: tf.while_loop(lambda i: i < 10, lambda i: i + x + 1, [x]))),
    values(R(5).apply(E.map_and_batch(lambda x: x + 1, 2))),
    values(R(5).apply(E.map_and_batch(lambda x: (x, x * 2), 2, drop_remainder=True))),
    values(R(4).flat_map(lambda x: R(x))),
    values(R(4).flat_map(lambda x: tf.data.Dataset.from_tensors(x).repeat(x))),
    values(R(6).filter(lambda x: tf.equal(x % 2, 0))),
    values(R(6).apply(E.take_while(lambda x: x < 3))),
    values(R(5).apply(E.scan(np.int64(0), lambda s, x: (s + x, s * 10 + x)))),
    values(E.Counter(3, 2).take(4)),
    [str(R(3).map(lambda x: (tf.zeros([2]), x)).output_shapes)],
]
with tf.Session() as session:
    result.append(session.run([
        R(5).reduce(np.int64(1), lambda s, x: s + x),
        R(3).reduce((0.0, [1, 2]), lambda s, x: (s[0] + 1.5, s[1] * 2)),
        R(0).reduce(np.int64(7), lambda s, x: x)]))
""",
    ),
    dataset_program(
        "InterleaveDataset ParallelInterleaveDatasetV2 ParallelInterleaveDatasetV4 "
        "ParallelInterleaveDataset",
        """
E = tf.data.experimental
def uneven(x):
    return tf.data.Dataset.from_tensors(x).repeat(x)
result = [
    values(R(1, 6).interleave(make, cycle_length=cycle, block_length=block, **options))
    for make in (uneven, lambda x: R(x * 10, x * 10 + 3))
    for cycle, block in ((1, 1), (2, 1), (3, 2), (9, 1), (2, 4))
    for options in ({}, {"num_parallel_calls": 2})
    if options.get("num_parallel_calls", 0) <= cycle
]
result += [
    values(R(1, 6).apply(E.parallel_interleave(uneven, cycle_length=cycle, block_length=block)))
    for cycle, block in ((1, 1), (2, 1), (3, 2))
]
""",
    ),
    dataset_program(
        "GroupByWindowDataset GroupByReducerDataset",
        """
E = tf.data.experimental
by_parity = E.group_by_window(lambda x: x % 2, lambda key, w: w.batch(3), window_size=3)
by_key = E.group_by_window(
    lambda x: x % 3, lambda key, w: w.map(lambda x: (key, x)), window_size_func=lambda key: key + 1)
reducer = E.Reducer(lambda key: np.int64(0), lambda s, x: s + x, lambda s: s)
words = tf.data.Dataset.from_tensor_slices([1, 5, 2, 9, 3, 7, 4]).map(lambda n: tf.fill([n], n))
result = [
    values(R(10).apply(by_parity)),
    values(R(8).apply(by_key)),
    sorted(values(R(10).apply(E.group_by_reducer(lambda x: x % 3, reducer)))[:-1]),
    [np.asarray(b) for b in values(words.apply(E.bucket_by_sequence_length(
        lambda x: tf.size(x), [4, 8], [2, 2, 2])))[:-1]],
    [np.asarray(b) for b in values(words.take(3).apply(E.bucket_by_sequence_length(
        lambda x: tf.size(x), [4, 8], [2, 2, 2], pad_to_bucket_boundary=True)))[:-1]],
]
""",
    ),
    dataset_program(
        "TextLineDataset TFRecordDataset FixedLengthRecordDataset FixedLengthRecordDatasetV2 "
        "DatasetToTFRecord",
        """
import gzip, os, tempfile, zlib
D = tf.data
with tempfile.TemporaryDirectory() as folder:
    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path
    a = write("a.txt", b"one\\r\\ntwo\\n\\nlast")
    b = write("b.txt", b"three\\n")
    z = write("c.gz", gzip.compress(b"packed\\nlines\\n"))
    f = write("f.bin", b"HHaaabbbcccF")
    zf = write("zf.bin", zlib.compress(b"HHaaabbbF"))
    records = os.path.join(folder, "r.tfrecord")
    writing = D.experimental.TFRecordWriter(records).write(
        D.Dataset.from_tensor_slices([b"r1", b"", b"r3" * 100]))
    with tf.Session() as session:
        session.run(writing)
    with open(records, "rb") as file:
        whole = file.read()
    cut = write("cut.tfrecord", whole[:-5])
    bad = write("bad.tfrecord", whole[:13] + b"X" + whole[14:])
    names = lambda found: [n if n == "end" else os.path.basename(n) for n in found]
    fixed = D.FixedLengthRecordDataset
    result = [
        values(D.TextLineDataset(a)), values(D.TextLineDataset([a, b])),
        values(D.TextLineDataset(z, "GZIP")), values(D.TextLineDataset(os.path.join(folder, "no"))),
        values(D.TextLineDataset(D.Dataset.from_tensor_slices([a, b]))),
        values(D.TextLineDataset([a, b], num_parallel_reads=2)),
        values(fixed(f, 3, 2, 1)), values(fixed([f, f], 3, 2, 1)), values(fixed(f, 4, 2, 1)),
        values(fixed(zf, 3, 2, 1, compression_type="ZLIB")),
        values(D.TFRecordDataset(records)), values(D.TFRecordDataset(cut))[:4],
        values(D.TFRecordDataset(bad))[:1],
        names(values(D.Dataset.list_files(os.path.join(folder, "*.txt"), shuffle=False))),
        sorted(names(values(D.Dataset.list_files(os.path.join(folder, "?.txt"), seed=1))[:-1])),
    ]
""",
    ),
    dataset_program(
        "CSVDataset",
        """
import gzip, os, tempfile
E = tf.data.experimental
with tempfile.TemporaryDirectory() as folder:
    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path
    plain = write("a.csv", b"1,2.5,x\\n-3,,yy\\n4,1e3,\\"a,b\\"\\n")
    header = write("h.csv", b"n,x,s\\n1,2.5,x\\n7,8,z\\n")
    quoted = write("q.csv", b'1,"two\\nlines"\\n2,"say \\"\\"hi\\"\\"\\"\\n3,plain\\n')
    wrong = write("w.csv", b"1,2\\nx,3\\n4,5\\n6\\n7,8,9\\n10,11\\n")
    packed = write("p.csv", gzip.compress(b"1\\t2\\nNA\\t4\\n"))
    kinds = [tf.int32, tf.constant([9.5]), tf.string]
    result = [
        values(E.CsvDataset(plain, kinds)),
        values(E.CsvDataset([header, header], kinds, header=True)),
        values(E.CsvDataset(quoted, [tf.int64, tf.string])),
        values(E.CsvDataset(wrong, [tf.int32, tf.int32])),
        values(E.CsvDataset(packed, [tf.constant([-1]), tf.float64], "GZIP", field_delim="\\t",
                            na_value="NA")),
        values(E.CsvDataset(plain, [tf.float32, tf.string], select_cols=[0, 2])),
        values(E.CsvDataset(plain, kinds).batch(2)),
        values(E.CsvDataset(plain, [tf.int32, tf.float32, tf.string])),
    ]
    made = E.make_csv_dataset(header, 2, num_epochs=1, shuffle=False, label_name="s")
    found = values(made)
    result.append([found[0][0]["n"], found[0][0]["x"], found[0][1], found[1]])
""",
    ),
    dataset_program(
        "IteratorToStringHandle IteratorFromStringHandle IteratorFromStringHandleV2 "
        "AnonymousIterator IteratorGetNextAsOptional OptionalNone OptionalFromValue "
        "OptionalHasValue OptionalGetValue DatasetToSingleElement",
        """
E = tf.data.experimental
one, two = R(3), R(10, 12)
reinitializable = tf.data.Iterator.from_structure(tf.int64, [])
start = [reinitializable.make_initializer(d) for d in (one, two)]
plain = tf.compat.v1.data.make_initializable_iterator(one)
handle = tf.placeholder(tf.string, [])
feedable = tf.data.Iterator.from_string_handle(handle, tf.int64, [])
fed = feedable.get_next()
optional = E.get_next_as_optional(plain)
maybe = tf.cond(optional.has_value(), optional.get_value, lambda: np.int64(-1))
log = []
def attempt(*arguments):
    try:
        log.append(session.run(*arguments))
    except tf.errors.OpError as error:
        log.append(type(error).__name__)
element = reinitializable.get_next()
with tf.Session() as session:
    attempt(element)
    for operation in start * 2:
        session.run(operation)
        attempt(element)
        attempt(element)
        attempt(element)
    attempt(plain.get_next())
    session.run(plain.initializer)
    handles = session.run([plain.string_handle(), reinitializable.string_handle()])
    session.run(start[1])
    for number in (0, 1, 1, 0, 1):
        attempt(fed, {handle: handles[number]})
    attempt(fed, {handle: b"nonsense"})
    session.run(plain.initializer)
    for _ in range(4):
        attempt(maybe)
    attempt(raw.OptionalHasValue(optional=raw.OptionalNone()))
    attempt(E.Optional.from_value((1, 2.0)).get_value())
    attempt(raw.OptionalGetValue(optional=raw.OptionalNone(), **I))
    attempt(E.get_single_element(R(1)))
    attempt(E.get_single_element(R(2)))
    attempt(E.get_single_element(R(0)))
result = log
""",
    ),
]
