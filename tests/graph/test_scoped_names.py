"""Names of nodes that go into the scope of an import, and come out of that of an export."""

from __future__ import annotations

import pytest

import tensormill as tf
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope


@pytest.mark.parametrize("scope", ["scope", "scope/", "2nd"])
@pytest.mark.parametrize("name", ["a:0", "^a", "loc:@a"])
def test_names_go_into_a_scope_and_come_out_again(name: str, scope: str) -> None:
    there = prepend_name_scope(name, scope)
    assert there == name.replace("a", f"{scope.rstrip('/')}/a")
    assert strip_name_scope(there, scope) == name
    assert prepend_name_scope(name.encode(), scope) == there
    assert strip_name_scope(there.encode(), scope) == name


def test_a_meta_graph_goes_into_a_scope_that_begins_with_a_digit() -> None:
    with tf.Graph().as_default() as graph:
        tf.get_variable("v", [], initializer=tf.ones_initializer())
        meta_graph = tf.train.export_meta_graph(graph=graph)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(meta_graph, import_scope="2nd")
        (v,) = tf.global_variables()
        assert v.name == "2nd/v:0"
        session.run(tf.global_variables_initializer())
        assert session.run(v) == 1.0
