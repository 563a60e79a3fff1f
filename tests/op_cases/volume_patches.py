"""Cases of patches of volumes.

They are programs: of a volume of unknown shape TensorFlow says that its patches have rank 4.
"""

from tests.op_cases.case import OpProgram


def _patches(size, stride, padding, dtype="float32"):
    return OpProgram(
        ("ExtractVolumePatches",),
        f"""
        values = np.arange(2 * 4 * 3 * 5 * 2).reshape(2, 4, 3, 5, 2).astype("{dtype}")
        volumes = tf.constant(values)
        patches = tf.extract_volume_patches(volumes, {size}, {stride}, "{padding}")
        gradient = tf.gradients(tf.cast(patches, tf.float32) ** 2, volumes)[0]
        with tf.Session() as session:
            result = [patches.name, patches.shape.as_list(), session.run(patches)]
            if gradient is not None:
                result.append(session.run(gradient))
        """,
        note=f"{size} {padding} {dtype}",
    )


CASES = [
    _patches([1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID"),
    _patches([1, 3, 1, 2, 1], [1, 2, 1, 2, 1], "SAME"),
    _patches([1, 1, 2, 3, 1], [1, 1, 2, 2, 1], "SAME", "int32"),
]
