"""Datasets: graphs that TensorFlow and tensormill exchange, and generated pipelines."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tensormill.api as tf
from tensormill.testing.oracle import Oracle
from tests.oracle.dataset_programs import PROGRAMS, RUN

pytestmark = pytest.mark.oracle


def _run_all(graph: Any) -> Any:
    names: dict[str, Any] = {}
    exec(textwrap.dedent(RUN), names)
    return names["run_all"](tf, graph)


def _assert_same(actual: Any, expected: Any) -> None:
    assert len(actual) == len(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        if isinstance(theirs, str):
            assert ours == theirs
            continue
        for a, b in zip(ours, theirs, strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", PROGRAMS)
def test_graphs_of_tensorflow_run_here(oracle: Oracle, name: str) -> None:
    body = textwrap.dedent(PROGRAMS[name])
    source = (
        textwrap.dedent(RUN)
        + "with tf.Graph().as_default() as graph:\n"
        + textwrap.indent(body, "    ")
        + "\nresult = [graph.as_graph_def().SerializeToString(), run_all(tf, graph)]"
    )
    message, expected = oracle.run(source)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(tf.GraphDef.FromString(message), name="")
        _assert_same(_run_all(graph), expected)


@pytest.mark.parametrize("name", PROGRAMS)
def test_graphs_of_ours_run_in_tensorflow(oracle: Oracle, name: str) -> None:
    with tf.Graph().as_default() as graph:
        exec(textwrap.dedent(PROGRAMS[name]), {"tf": tf, "np": np})
        ours = _run_all(graph)
        message = graph.as_graph_def().SerializeToString()
    theirs = oracle.run(
        textwrap.dedent(RUN)
        + textwrap.dedent(
            """
            with tf.Graph().as_default() as graph:
                tf.import_graph_def(tf.GraphDef.FromString(message), name="")
            result = run_all(tf, graph)
            """
        ),
        message=message,
    )
    _assert_same(ours, theirs)


SIZES = st.integers(1, 5)
STAGES = st.one_of(
    st.just("map(lambda x: x * 3 - 1)"),
    st.just("map(lambda x: x + 7, num_parallel_calls=2)"),
    st.just("filter(lambda x: tf.not_equal(x % 3, 1))"),
    st.just("flat_map(lambda x: D.range(tf.abs(x) % 4))"),
    st.just("apply(E.unique())"),
    st.just("apply(E.take_while(lambda x: x < 40))"),
    st.just("apply(E.scan(np.int64(1), lambda s, x: (s + x, s)))"),
    st.just("cache()"),
    st.just("concatenate(D.range(50, 53))"),
    st.just("enumerate().map(lambda i, x: i * 2 + x)"),
    # TensorFlow merges shuffle with repeat(0) into what it then refuses.
    st.builds("repeat({})".format, st.integers(1, 3)),
    st.builds("take({})".format, st.integers(0, 9)),
    st.builds("skip({})".format, st.integers(0, 9)),
    st.builds("prefetch({})".format, SIZES),
    st.builds("shuffle(1, seed={})".format, SIZES),
    st.builds("shard({}, 0)".format, SIZES),
    st.builds("batch({}).apply(E.unbatch())".format, SIZES),
    st.builds("batch({}, drop_remainder=True).map(tf.reduce_sum)".format, SIZES),
    st.builds(
        "window({}, shift={}, stride={}, drop_remainder={}).flat_map(lambda w: w)".format,
        SIZES, SIZES, SIZES, st.booleans(),
    ),
    st.builds(
        "interleave(lambda x: D.from_tensors(x).repeat(tf.abs(x) % 3), {}, {})".format,
        SIZES, SIZES,
    ),
    st.builds(
        "apply(E.group_by_window(lambda x: tf.abs(x) % 3, lambda k, w: w, window_size={}))".format,
        SIZES,
    ),
)  # fmt: skip
PIPELINES = st.builds(
    lambda count, stages, last: ".".join([f"D.range({count})", *stages, last]),
    st.integers(0, 12),
    st.lists(STAGES, max_size=5),
    st.sampled_from(["batch(3)", "batch(2, drop_remainder=True)", "take(300)"]),
)

COLLECT = textwrap.dedent(
    """
    D, E = tf.data.Dataset, tf.data.experimental

    def collect(text):
        with tf.Graph().as_default():
            dataset = eval(text)
            iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
            element = iterator.get_next()
            shape = None if element.shape.rank is None else element.shape.as_list()
            found = []
            with tf.Session() as session:
                while len(found) < 400:
                    try:
                        found.append(np.asarray(session.run(element)))
                    except tf.errors.OutOfRangeError:
                        break
            return found, shape
    """
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=st.lists(PIPELINES, min_size=3, max_size=3))
def test_generated_pipelines_give_the_same(oracle: Oracle, texts: list[str]) -> None:
    expected = oracle.run(COLLECT + "result = [collect(text) for text in texts]", texts=texts)
    names: dict[str, Any] = {"tf": tf, "np": np}
    exec(COLLECT, names)
    for text, (values, shape) in zip(texts, expected, strict=True):
        ours, our_shape = names["collect"](text)
        assert our_shape == shape, text
        assert len(ours) == len(values), text
        for a, b in zip(ours, values, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=text)
            assert a.dtype == b.dtype
