"""Programs with readers, and datasets of files, on servers.

Each is run with `tf` as tensormill and as real TensorFlow; it takes `tf`, `np`, the target of a
task of a `ps` and a `worker` job, and a folder, and returns plain values.
"""

import os

PS, WORKER = "/job:ps/task:0", "/job:worker/task:0"


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def example(tf, number):
    made = tf.train.Example()
    made.features.feature["n"].int64_list.value.append(number)
    made.features.feature["row"].float_list.value.extend([number, number + 0.5])
    made.features.feature["words"].bytes_list.value.extend([b"w%d" % number] * (number % 3))
    return made.SerializeToString()


def record_file(tf, folder, count):
    path = os.path.join(folder, "examples.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(count):
            writer.write(example(tf, number))
    return path


def drain(tf, session, fetches, most=60):
    """Return what runs give until the end of the input."""
    found = []
    while len(found) < most:
        try:
            value = session.run(fetches)
        except tf.errors.OutOfRangeError:
            found.append("end")
            break
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
            continue
        values = value if isinstance(value, list) else [value]
        found.append([v.decode() if isinstance(v, bytes) else v.tolist() for v in values])
    return found


def csv_pipeline(tf, np, target, folder):
    path = write(
        folder,
        "rows.csv",
        b"x1, x2, target\n" + b"".join(b"%d., %d.5, %d\n" % (i, i, i % 2) for i in range(40)),
    )
    with tf.device(PS):
        names = tf.FIFOQueue(10, [tf.string], shapes=[()])
        name = tf.placeholder(tf.string)
        add_name, close_names = names.enqueue([name]), names.close()
        reader = tf.TextLineReader(skip_header_lines=1)
        _key, line = reader.read(names)
        x1, x2, label = tf.decode_csv(line, record_defaults=[[-1.0], [-1.0], [-1]])
        instances = tf.RandomShuffleQueue(10, 2, [tf.float32, tf.int32], shapes=[[2], []])
        add = instances.enqueue([tf.stack([x1, x2]), label])
        taken = instances.dequeue_up_to(4)
        counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    runner = tf.train.QueueRunner(instances, [add] * 3)
    with tf.Session(target) as session:
        session.run(add_name, {name: path})
        session.run(close_names)
        coordinator = tf.train.Coordinator()
        threads = runner.create_threads(session, coordinator, daemon=True, start=True)
        batches = drain(tf, session, taken)
        coordinator.request_stop()
        coordinator.join(threads)
        rows = sorted([*x, y] for batch in batches[:-1] for x, y in zip(*batch, strict=True))
        return [rows, batches[-1], [int(v) for v in session.run(counts)]]


def lines_one_by_one(tf, np, target, folder):
    first = write(folder, "a.txt", b"one\r\n\ntwo")
    second = write(folder, "b.txt", b"three\n")
    with tf.device(WORKER):
        names = tf.FIFOQueue(10, [tf.string], shapes=[()])
        fill = names.enqueue_many([[first, os.path.join(folder, "no"), second, second]])
        close = names.close()
        reader = tf.TextLineReader()
        pair = [*reader.read(names)]
        up_to = [*reader.read_up_to(names, 5)]
    results = []
    with tf.Session(target) as session:
        session.run(fill)
        session.run(close)
        results += drain(tf, session, pair, most=5)
        results += drain(tf, session, up_to)
    return strip(results, folder)


def strip(value, folder):
    """Return a result without the name of the folder, and with texts for bytes."""
    if isinstance(value, (list, tuple)):
        return [strip(item, folder) for item in value]
    if isinstance(value, bytes):
        value = value.decode()
    return value.replace(folder, "") if isinstance(value, str) else value


def readers_of_all_kinds(tf, np, target, folder):
    path = write(folder, "data.bin", b"HHaaabbbcccF")
    results = []
    for make in (
        lambda: tf.WholeFileReader(),
        lambda: tf.IdentityReader(),
        lambda: tf.FixedLengthRecordReader(record_bytes=3, header_bytes=2, footer_bytes=1),
    ):
        with tf.device(PS):
            names = tf.FIFOQueue(10, [tf.string], shapes=[()])
            fill, close = names.enqueue([path]), names.close()
            pair = [*make().read(names)]
        with tf.Session(target) as session:
            session.run(fill)
            session.run(close)
            results.append(drain(tf, session, pair))
    return strip(results, folder)


def records_and_examples(tf, np, target, folder):
    path = record_file(tf, folder, 11)
    features = {
        "n": tf.FixedLenFeature([], tf.int64),
        "row": tf.FixedLenFeature([2], tf.float32),
        "words": tf.VarLenFeature(tf.string),
    }
    with tf.device(PS):
        names = tf.train.string_input_producer([path], num_epochs=1, shuffle=False)
        _, records = tf.TFRecordReader().read_up_to(names, 4)
    with tf.device(WORKER):
        parsed = tf.parse_example(records, features)
        words = tf.sparse_tensor_to_dense(parsed["words"], default_value="")
    with tf.Session(target) as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        found = drain(tf, session, [parsed["n"], parsed["row"], words])
        coordinator.request_stop()
        coordinator.join(threads)
    return strip(found, folder)


def file_datasets(tf, np, target, folder):
    path = record_file(tf, folder, 6)
    lines = write(folder, "lines.csv", b"a,b\n1,x\n2,y\n3,z\n")
    features = {"n": tf.FixedLenFeature([], tf.int64), "words": tf.VarLenFeature(tf.string)}
    experimental = tf.data.experimental

    def parse(record):
        parsed = tf.parse_single_example(record, features)
        return parsed["n"], tf.sparse_tensor_to_dense(parsed["words"], default_value="")

    with tf.device(WORKER):
        datasets = [
            tf.data.TFRecordDataset(path).map(parse, 2).padded_batch(4, ([], [None])),
            tf.data.TextLineDataset([lines]).skip(1).enumerate(),
            tf.data.FixedLengthRecordDataset(lines, 4),
            tf.data.TFRecordDataset([path, path], num_parallel_reads=2).batch(4).map(tf.size),
            experimental.CsvDataset(lines, [tf.int32, tf.string], header=True).repeat(2).batch(4),
            experimental.make_csv_dataset(lines, 2, num_epochs=1, shuffle=False),
            experimental.make_batched_features_dataset(
                path, 4, features, tf.data.TFRecordDataset, num_epochs=1, shuffle=False
            ).map(
                lambda parsed: (
                    parsed["n"],
                    tf.sparse_tensor_to_dense(parsed["words"], default_value=""),
                )
            ),
            tf.data.Dataset.list_files(os.path.join(folder, "*"), shuffle=False)
            .apply(experimental.parallel_interleave(tf.data.TextLineDataset, 2))
            .map(tf.strings.length)
            .take(1),
        ]
        iterators = [tf.compat.v1.data.make_initializable_iterator(d) for d in datasets]
        elements = [iterator.get_next() for iterator in iterators]
    found = []
    with tf.Session(target) as session:
        for iterator, element in zip(iterators, elements, strict=True):
            session.run(iterator.initializer)
            if isinstance(element, dict):
                element = [element[key] for key in sorted(element)]
            fetches = list(element) if isinstance(element, (tuple, list)) else element
            found.append(drain(tf, session, fetches))
    return strip(found, folder)


def stages(tf, np, target, folder):
    experimental, numbers = tf.data.experimental, tf.data.Dataset.range
    with tf.device(PS):
        datasets = [
            numbers(7).apply(experimental.map_and_batch(lambda x: x * x, 3)),
            numbers(9).interleave(lambda x: numbers(x, x + 2), 3, 2, num_parallel_calls=2),
            numbers(9).apply(
                experimental.group_by_window(
                    lambda x: x % 3, lambda key, window: window.batch(4), 2
                )
            ),
            numbers(6).apply(experimental.scan(np.int64(1), lambda s, x: (s + x, s * x))),
            numbers(8).window(3, 2, drop_remainder=True).flat_map(lambda window: window.batch(3)),
            experimental.choose_from_datasets(
                [numbers(3), numbers(10, 13)], numbers(4).map(lambda x: x % 2)
            ),
            numbers(6).batch(4).apply(experimental.unbatch()).cache().repeat(2).prefetch(2),
            numbers(6).map(lambda x: 1 // (x - 3)).apply(experimental.ignore_errors()),
            numbers(20).shuffle(20, seed=3).map(lambda x: x, -1).batch(20).map(tf.reduce_sum),
            numbers(7).apply(
                experimental.bucket_by_sequence_length(lambda x: tf.cast(x, tf.int32), [3], [2, 2])
            ),
            numbers(30).shard(4, 1).filter(lambda x: x > 3).apply(experimental.unique()),
            numbers(5).with_options(tf.data.Options()),
        ]
        iterators = [tf.compat.v1.data.make_initializable_iterator(d) for d in datasets]
        elements = [iterator.get_next() for iterator in iterators]
    found = []
    with tf.Session(target) as session:
        for iterator, element in zip(iterators, elements, strict=True):
            session.run(iterator.initializer)
            found.append(drain(tf, session, element))
    return found


PROGRAMS = {
    program.__name__: program
    for program in (
        csv_pipeline,
        lines_one_by_one,
        readers_of_all_kinds,
        records_and_examples,
        file_datasets,
        stages,
    )
}


def run_program(name, tf, np, target, folder):
    """Run a program in a graph of its own."""
    with tf.Graph().as_default():
        return PROGRAMS[name](tf, np, target, folder)
