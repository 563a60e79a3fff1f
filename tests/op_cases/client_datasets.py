"""Cases of dataset ops that clients of TensorFlow 2 use in graphs, and of databases."""

from tests.op_cases.datasets import dataset_program

CASES = [
    dataset_program(
        "SamplingDataset SleepDataset ChooseFastestDataset",
        """
def variant(n=4):
    return R(n)._variant_tensor
result = [
    raw_values(raw.SamplingDataset(
        input_dataset=variant(), rate=1.0, seed=np.int64(1), seed2=np.int64(2), **I),
        [tf.int64], [[]]),
    raw_values(raw.SamplingDataset(
        input_dataset=variant(), rate=0.0, seed=np.int64(1), seed2=np.int64(2), **I),
        [tf.int64], [[]]),
    raw_values(raw.SleepDataset(
        input_dataset=variant(), sleep_microseconds=np.int64(5), **I), [tf.int64], [[]]),
    raw_values(raw.ChooseFastestDataset(
        input_datasets=[variant(), variant()], num_experiments=2, **I), [tf.int64], [[]]),
]
""",
    ),
    dataset_program(
        "LatencyStatsDataset BytesProducedStatsDataset SetStatsAggregatorDataset "
        "StatsAggregatorHandle StatsAggregatorSummary ThreadPoolHandle ThreadPoolDataset",
        """
aggregator = raw.StatsAggregatorHandle(container="", shared_name="")
pool = raw.ThreadPoolHandle(num_threads=2, display_name="two")
noted = raw.BytesProducedStatsDataset(
    input_dataset=R(5)._variant_tensor, tag="bytes", **I)
noted = raw.LatencyStatsDataset(input_dataset=noted, tag="latency", **I)
noted = raw.ThreadPoolDataset(input_dataset=noted, thread_pool=pool, **I)
noted = raw.SetStatsAggregatorDataset(
    input_dataset=noted, stats_aggregator=aggregator, tag="", counter_prefix="", **I)
handle = raw.IteratorV2(shared_name="", container="", **I)
begin = raw.MakeIterator(dataset=noted, iterator=handle)
element = raw.IteratorGetNext(iterator=handle, **I)
summary = raw.StatsAggregatorSummary(iterator=aggregator)
with tf.Session() as session:
    session.run(begin)
    result = [session.run(element) for _ in range(5)]
    for value in tf.compat.v1.Summary.FromString(session.run(summary)).value:
        if value.tag == "bytes":
            histogram = value.histo
            result += [histogram.num, histogram.sum, histogram.sum_squares, histogram.min,
                       list(histogram.bucket_limit), list(histogram.bucket)]
""",
    ),
    dataset_program(
        "SerializeIterator DeserializeIterator",
        """
handle = raw.IteratorV2(shared_name="", container="", **I)
begin = raw.MakeIterator(dataset=R(20).shuffle(4, seed=3)._variant_tensor, iterator=handle)
element = raw.IteratorGetNext(iterator=handle, **I)
state = raw.SerializeIterator(resource_handle=handle)
restore = raw.DeserializeIterator(resource_handle=handle, serialized=state)
with tf.Session() as session:
    result = []
    for op in (state, restore):
        try:
            session.run(op)
        except tf.errors.FailedPreconditionError as error:
            result.append("has not been initialized" in str(error))
    session.run(begin)
    first = [int(session.run(element)[0]) for _ in range(3)]
    session.run(restore)
    first += [int(session.run(element)[0]) for _ in range(17)]
    result.append(sorted(first))
""",
    ),
    dataset_program(
        "RewriteDataset OptimizeDatasetV2 WrapDatasetVariant UnwrapDatasetVariant "
        "IteratorGetDevice ExperimentalIteratorGetDevice RebatchDatasetV2",
        """
def variant(n):
    return raw.RangeDataset(start=np.int64(0), stop=np.int64(n), step=np.int64(1), **I)
def again(sizes, drops=False, n=7):
    batches = raw.BatchDatasetV2(
        input_dataset=variant(n), batch_size=np.int64(4), drop_remainder=False, **V)
    return raw_values(raw.RebatchDatasetV2(
        input_dataset=batches, batch_sizes=np.int64(sizes), drop_remainder=drops, **V),
        [tf.int64], [[None]])
handle = raw.IteratorV2(shared_name="", container="", **I)
with tf.Session() as session:
    devices = session.run([
        raw.IteratorGetDevice(resource=handle),
        raw.ExperimentalIteratorGetDevice(resource=handle)])
result = [
    raw_values(raw.RewriteDataset(
        input_dataset=variant(3), rewrite_name="replicate_on_split", **I), [tf.int64], [[]]),
    raw_values(raw.OptimizeDatasetV2(
        input_dataset=variant(3), optimizations_enabled=["noop_elimination"],
        optimizations_disabled=[], optimizations_default=[], **I), [tf.int64], [[]]),
    raw_values(raw.UnwrapDatasetVariant(
        input_handle=raw.WrapDatasetVariant(input_handle=variant(2))), [tf.int64], [[]]),
    devices,
    again([2]), again([3, 1]), again([5], True), again([2, 1, 1], True),
]
""",
    ),
    dataset_program(
        "CSVDatasetV2",
        """
import os, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a.csv")
    with open(path, "wb") as file:
        file.write(b"1,2.5,x\\n-3,,yy\\n4,1e3,\\"a,b\\"\\n5,6\\n")
    def read(select=(), exclude=(), types=(tf.int32, tf.float32, tf.string)):
        defaults = [tf.constant([9.5]) if t is tf.float32 else tf.constant([], t) for t in types]
        shapes = [[]] * len(types)
        return raw_values(raw.CSVDatasetV2(
            filenames=path, compression_type="", buffer_size=np.int64(1000), header=False,
            field_delim=",", use_quote_delim=True, na_value="",
            select_cols=np.array(select, np.int64), exclude_cols=np.array(exclude, np.int64),
            record_defaults=defaults, output_shapes=shapes), list(types), shapes)
    result = [
        read(), read(select=[0, 2], types=(tf.int32, tf.string)),
        read(exclude=[1], types=(tf.int32, tf.string)),
    ]
""",
    ),
    dataset_program(
        "ParseExampleDataset ParseExampleDatasetV2",
        """
def example(number, words):
    made = tf.train.Example()
    made.features.feature["n"].int64_list.value.append(number)
    made.features.feature["words"].bytes_list.value.extend(words)
    made.features.feature["a"].float_list.value.extend([number, 0.5])
    return made.SerializeToString()
texts = [example(i, [b"w"] * i) for i in range(5)]
keys = dict(
    sparse_keys=["words"], dense_keys=["n", "a"], sparse_types=[tf.string],
    dense_shapes=[[], [2]],
    output_types=[tf.float32, tf.int64, tf.variant], output_shapes=[[None, 2], [None], [None]])
def read(op, rows, defaults=(np.int64([]), np.float32([])), **more):
    batches = raw.BatchDatasetV2(
        input_dataset=raw.TensorSliceDataset(components=[rows], output_shapes=[[]]),
        batch_size=np.int64(2), drop_remainder=False,
        output_types=[tf.string], output_shapes=[[None]])
    parsed = op(input_dataset=batches, num_parallel_calls=np.int64(1),
                dense_defaults=[tf.constant(d) for d in defaults], **keys, **more)
    handle = raw.IteratorV2(shared_name="", container="", output_types=keys["output_types"],
                            output_shapes=keys["output_shapes"])
    a, n, words = raw.IteratorGetNext(iterator=handle, output_types=keys["output_types"],
                                      output_shapes=keys["output_shapes"])
    words = raw.DeserializeSparse(serialized_sparse=words, dtype=tf.string)
    found = []
    with tf.Session() as session:
        session.run(raw.MakeIterator(dataset=parsed, iterator=handle))
        for _ in range(4):
            try:
                found.append(session.run([a, n, *words]))
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found
lacking = texts[:2] + [tf.train.Example().SerializeToString(), texts[3]]
result = [
    read(raw.ParseExampleDataset, texts), read(raw.ParseExampleDatasetV2, texts),
    read(raw.ParseExampleDatasetV2, lacking),
    read(raw.ParseExampleDatasetV2, lacking, (np.int64(7), np.float32([1, 2]))),
    read(raw.ParseExampleDataset, [b"nonsense", texts[0], texts[1]]),
]
""",
    ),
    dataset_program(
        "SqlDataset ExperimentalSqlDataset",
        """
import os, sqlite3, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "people.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (name VARCHAR(20), age INTEGER, weight REAL, b BLOB)")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", [
        ("Ann", 31, 60.5, b"xyz"), ("Bo", -4, 1e10, b""), (None, None, None, None),
        ("12 apples", 1 << 40, 255.9, b"7"), ("3.5e1", 300, -1.5, b"9.5")])
    connection.commit()
    connection.close()
    def ask(query, types, op=raw.SqlDataset, source=path, driver="sqlite"):
        kinds = dict(output_types=types, output_shapes=[[]] * len(types))
        handle = raw.IteratorV2(shared_name="", container="", **kinds)
        element = raw.IteratorGetNext(iterator=handle, **kinds)
        found = []
        with tf.Session() as session:
            try:
                session.run(raw.MakeIterator(iterator=handle, dataset=op(
                    driver_name=driver, data_source_name=source, query=query, **kinds)))
                while True:
                    found.append(session.run(element))
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
        return found
    columns = "SELECT name, age, weight FROM people ORDER BY rowid"
    result = [
        ask(columns, [tf.string, tf.int64, tf.float64]),
        ask(columns, [tf.string, tf.int32, tf.string], raw.ExperimentalSqlDataset),
        ask("SELECT age FROM people", [tf.string]),
        ask("SELECT name, name FROM people", [tf.int64, tf.float64]),
        ask("SELECT b FROM people", [tf.string]), ask("SELECT b FROM people", [tf.int32]),
        ask("SELECT age FROM people", [tf.int8]), ask("SELECT age FROM people", [tf.uint16]),
        ask("SELECT age FROM people", [tf.bool]), ask("SELECT age FROM people", [tf.float64]),
        ask("SELECT weight FROM people WHERE weight < 1000", [tf.int64]),
        ask("SELECT weight FROM people WHERE weight < 1000", [tf.uint8]),
        ask("SELECT name, age FROM people", [tf.string]),
        ask("SELECT nothing FROM people", [tf.string]),
        ask("SELECT name FROM people", [tf.string], driver="mysql"),
        ask("SELECT name FROM people WHERE age > 1000000000000", [tf.string]),
    ]
""",
    ),
]
