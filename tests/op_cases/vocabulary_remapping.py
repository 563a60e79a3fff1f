"""Cases of matrices of checkpoints in the order of another vocabulary."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("GenerateVocabRemapping", "LoadAndRemapMatrix"),
        """
        import os, tempfile
        raw = tf.raw_ops
        holder = tempfile.TemporaryDirectory()
        def file(name, words):
            path = os.path.join(holder.name, name)
            with open(path, "w") as opened:
                opened.write("".join(f"{word}\\n" for word in words))
            return path
        old, new = file("old", "abcd"), file("new", "dxab")
        matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
        checkpoint = os.path.join(holder.name, "model")
        result = []
        with tf.Session() as session:
            session.run(raw.SaveV2(prefix=checkpoint, tensor_names=["m", "v"],
                                   shape_and_slices=["", ""], tensors=[matrix, matrix[0]]))
            def ask(make):
                try:
                    result.append([np.asarray(each) for each in session.run(make())])
                except (tf.errors.OpError, ValueError) as error:
                    result.append(type(error).__name__)
            def remapping(offset, count, **options):
                return lambda: list(raw.GenerateVocabRemapping(
                    new_vocab_file=new, old_vocab_file=old, new_vocab_offset=offset,
                    num_new_vocab=count, **options))
            for make in (remapping(0, 4), remapping(1, 2), remapping(0, 4, old_vocab_size=1),
                         remapping(0, 4, old_vocab_size=9), remapping(3, 2)):
                ask(make)
            def matrix_of(rows, columns, values, num_rows, num_cols, name="m", **options):
                return lambda: [raw.LoadAndRemapMatrix(
                    ckpt_path=checkpoint, old_tensor_name=name, row_remapping=np.int64(rows),
                    col_remapping=np.int64(columns), initializing_values=np.float32(values),
                    num_rows=num_rows, num_cols=num_cols, **options)]
            for make in (
                matrix_of([3, -1, 0], [2, -1], [10, 11, 12, 13], 3, 2),
                matrix_of([3, -1, 0], [2, -1], [10, 11, 12, 13], 3, 2, max_rows_in_memory=1),
                matrix_of([1, 2], [], [], 2, 3),
                matrix_of([1, 1], [], [], 2, 3),
                matrix_of([1, 2], [0, 0], [], 2, 2),
                matrix_of([1, 2], [], [1], 2, 3),
                matrix_of([1, -1], [], [1], 2, 3),
                matrix_of([1, 9], [], [], 2, 3),
                matrix_of([1], [], [], 2, 3),
                matrix_of([1], [], [], 1, 3, name="v"),
                matrix_of([1], [], [], 1, 3, name="lost"),
            ):
                ask(make)
            made = remapping(0, 4)() + matrix_of([1, 2], [], [], 2, 3)()
            result += [str(each.shape) for each in made]
        holder.cleanup()
        """,
    ),
]
