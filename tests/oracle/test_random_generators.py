"""`tf.random.experimental.Generator` in real TensorFlow and here."""

import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
experimental = tf.random.experimental
generators = [
    experimental.Generator.from_seed(1234),
    experimental.Generator.from_seed([5, 6], alg=1),
    experimental.Generator.from_state([1, 2, 3], alg=1),
    experimental.Generator.from_key_counter(key=7, counter=[1, 1], alg=1),
]
generators.append(experimental.Generator.from_state(experimental.create_rng_state(99, 1), 1))
draws = []
for generator in generators:
    draws += [
        lambda g=generator: g.normal([2, 3], 1.0, 2.0),
        lambda g=generator: g.normal([5], dtype=tf.float64),
        lambda g=generator: g.truncated_normal([4]),
        lambda g=generator: g.uniform([3], 2.0, 5.0),
        lambda g=generator: g.uniform([3], 2, 50, tf.int32),
        lambda g=generator: g.uniform([3], -9, 50, tf.int64),
        lambda g=generator: g.uniform_full_int([2], tf.uint64),
        lambda g=generator: g.uniform_full_int([2], tf.int32),
        lambda g=generator: g.make_seeds(2),
        lambda g=generator: g.key,
        lambda g=generator: g.state,
    ]
made = [draw() for draw in draws]
result = []
with tf.Session() as session:
    session.run([g.state.initializer for g in generators])
    for tensor in made:
        result.append(session.run(tensor))
"""


def test_generators_draw_the_numbers_of_tensorflow(oracle) -> None:
    result, values = answers_of_both(oracle, _PROGRAM)
    check_values(result, values, rtol=1e-5, atol=1e-6)
