"""Parts of a graph, copied, rerouted, cut out and replaced."""

import numpy as np
import pytest

import tensormill as tf

ge = tf.contrib.graph_editor


def chain() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    a = tf.constant([1.0, 2.0], name="a")
    b = tf.add(a, 10.0, name="b")
    return a, b, tf.multiply(b, 2.0, name="c")


def value(tensor: tf.Tensor) -> list[float]:
    with tf.Session(graph=tensor.graph) as session:
        return np.asarray(session.run(tensor)).tolist()


def test_operations_are_chosen_by_pattern_and_tensors_by_theirs() -> None:
    a, b, c = chain()
    graph = tf.get_default_graph()
    assert ge.select_ops("^b$", graph=graph) == [b.op]
    assert ge.select_ops("(?#ts)^b:0$", c.op, graph=graph) == [c.op]
    assert ge.select_ts("(?#ts)^[ab]:0$", graph=graph) == [a, b]
    assert ge.select_ops("^[abc]$", graph=graph, positive_filter=lambda op: op.type == "Mul") == [
        c.op
    ]
    with pytest.raises(ValueError, match="keyword argument 'graph'"):
        ge.select_ops("b")


def test_names_in_a_scope_are_told_from_those_that_begin_alike() -> None:
    with tf.name_scope("part"):
        inside = tf.constant(1.0, name="x")
    tf.constant(1.0, name="party")
    assert ge.get_name_scope_ops(tf.get_default_graph(), "part/") == [inside.op]


def test_walks_stay_within_and_stop_at_tensors() -> None:
    a, b, c = chain()
    assert a.op in ge.get_backward_walk_ops(c)
    assert a.op not in ge.get_backward_walk_ops(c, stop_at_ts=[b])
    assert ge.get_backward_walk_ops(c, within_ops=[b.op, c.op]) == [c.op, b.op]
    assert ge.get_forward_walk_ops(a.op) == [a.op, b.op, c.op]
    assert ge.get_forward_walk_ops(a) == [b.op, c.op]
    assert ge.get_forward_walk_ops(a, inclusive=False) == [c.op]
    assert ge.get_walks_intersection_ops([a], [c]) == [b.op, c.op]


def test_walks_follow_control_edges_where_asked() -> None:
    first = tf.no_op("first")
    with tf.control_dependencies([first]):
        second = tf.no_op("second")
    assert ge.get_backward_walk_ops(second) == [second]
    assert ge.get_backward_walk_ops(second, control_inputs=True) == [second, first]
    controls = ge.ControlOutputs(tf.get_default_graph())
    assert ge.get_forward_walk_ops(first, control_outputs=controls) == [first, second]
    assert controls.get_all() == {first: [second]}


def test_a_view_knows_what_comes_in_and_what_leaves() -> None:
    a, b, c = chain()
    view = ge.sgv(b.op, c.op)
    assert a in view.inputs
    assert view.outputs == [c]
    used_outside = tf.negative(b)
    assert ge.sgv(b.op, c.op).outputs == [b, c]
    assert ge.sgv(b.op, c.op).consumers() == [used_outside.op]
    swapped = ge.sgv(b.op, c.op).remap_outputs([1, 0])
    assert swapped.outputs == [c, b]
    assert swapped.remap_default().outputs == [b, c]


def test_consumers_of_one_tensor_take_another() -> None:
    _, b, c = chain()
    other = tf.constant([5.0, 6.0])
    assert ge.reroute_ts([other], [b]) == 1
    assert value(c) == [10.0, 12.0]


def test_only_operations_that_may_be_changed_are() -> None:
    _, b, c = chain()
    d = tf.multiply(b, 3.0, name="d")
    other = tf.constant([1.0, 1.0])
    assert ge.reroute_ts([other], [b], can_modify=[d.op]) == 1
    assert ge.reroute_ts([other], [b], cannot_modify=[c.op]) == 0
    assert (value(c), value(d)) == ([22.0, 24.0], [3.0, 3.0])


def test_consumers_of_two_tensors_change_places() -> None:
    x, y = tf.constant(1.0), tf.constant(2.0)
    of_x, of_y = x * 10.0, y * 100.0
    assert ge.swap_ts([x], [y]) == 2
    assert (value(of_x), value(of_y)) == (20.0, 100.0)


def test_the_outputs_of_one_part_are_the_inputs_of_another() -> None:
    _, b, _ = chain()
    x = tf.placeholder(tf.float32, [2])
    negative = tf.negative(x)
    ge.connect(ge.sgv(b.op), ge.sgv(negative.op))
    assert value(negative) == [-11.0, -12.0]


def test_a_part_is_gone_around() -> None:
    _, b, c = chain()
    _, placeholders = ge.bypass(ge.sgv(b.op).remap_inputs([0]))
    assert value(c) == [2.0, 4.0]
    assert [each.op.type for each in placeholders] == ["Placeholder"]


def test_a_part_that_is_cut_out_is_fed() -> None:
    _, b, c = chain()
    view, before, after = ge.detach(ge.sgv(b.op).remap_inputs([0]))
    assert before[0].name == "geph__a_0:0"
    with tf.Session() as session:
        assert session.run(view.outputs[0], {before[0]: [1.0, 1.0]}).tolist() == [11.0, 11.0]
        assert session.run(c, {after[0]: [4.0, 4.0]}).tolist() == [8.0, 8.0]


def test_control_inputs_come_and_go() -> None:
    first, second = tf.no_op("first"), tf.no_op("second")
    ge.add_control_inputs(second, first)
    assert second.control_inputs == [first]
    with pytest.raises(ValueError, match="already a control_input"):
        ge.add_control_inputs(second, first)
    ge.remove_control_inputs(second, first)
    assert second.control_inputs == []


def test_a_copy_has_names_in_its_scope_and_the_values_of_the_original() -> None:
    _, b, c = chain()
    view, info = ge.copy(ge.sgv(b.op, c.op), dst_scope="twin")
    assert info.transformed(c).name == "twin/c:0"
    assert info.original(info.transformed(c)) is c
    assert [op.name for op in view.ops] == ["twin/b", "twin/c"]
    assert value(view.outputs[0]) == value(c)


def test_a_part_is_copied_to_another_graph_with_its_collections_and_control_inputs() -> None:
    _, _, c = chain()
    with tf.control_dependencies([c]):
        last = tf.no_op("last")
    tf.add_to_collection("results", c)
    other = tf.Graph()
    _, info = ge.copy(tf.get_default_graph(), other)
    copied = info.transformed(c)
    assert copied.graph is other
    assert other.get_collection("results") == [copied]
    assert info.transformed(last).control_inputs == [copied.op]
    assert value(copied) == [22.0, 24.0]


def test_what_a_copy_lacks_in_another_graph_is_a_placeholder() -> None:
    _, b, c = chain()
    other = tf.Graph()
    view, _ = ge.copy(ge.sgv(c.op), other)
    given = next(tensor for tensor in view.inputs if tensor.dtype == b.dtype)
    assert given.op.type == "Placeholder"
    assert given.shape.as_list() == [2]


def test_a_handler_changes_what_is_copied() -> None:
    _, b, c = chain()

    def halved(info, op, new_inputs):
        if op.type != "Mul":
            return ge.copy_op_handler(info, op, new_inputs)
        made = tf.divide(*new_inputs)
        return made.op, made.op.outputs

    transformer = ge.Transformer()
    transformer.transform_op_handler = halved
    _, info = transformer(ge.sgv(b.op, c.op), tf.get_default_graph(), "")
    assert value(info.transformed(c)) == [5.5, 6.0]


def test_a_copy_may_have_other_attributes() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    product = tf.matmul(x, tf.eye(2))

    def turned(node):
        node.attr["transpose_a"].b = True
        return node

    transformer = ge.Transformer()
    transformer.transform_op_handler = lambda info, op, inputs: ge.copy_op_handler(
        info, op, inputs, nodedef_fn=turned
    )
    _, info = transformer(ge.sgv(product.op), tf.get_default_graph(), "")
    assert value(info.transformed(product)) == [[1.0, 3.0], [2.0, 4.0]]


def test_targets_are_what_they_would_be_with_another_input() -> None:
    a, b, c = chain()
    other = tf.constant([100.0, 200.0])
    replaced = ge.graph_replace({"c": c, "b": [b]}, {a: other})
    assert value(replaced["c"]) == [220.0, 420.0]
    assert value(replaced["b"][0]) == [110.0, 210.0]
    assert value(c) == [22.0, 24.0]


def test_targets_that_do_not_depend_on_what_is_replaced_are_refused() -> None:
    a, _, _ = chain()
    with pytest.raises(ValueError, match="not connected"):
        ge.graph_replace(tf.constant(1.0), {a: tf.constant([0.0, 0.0])})


def test_gradients_go_through_a_replaced_graph() -> None:
    x = tf.Variable(3.0)
    loss = tf.square(x)
    step = x - 0.5 * tf.gradients(loss, x)[0]
    unrolled = ge.graph_replace(loss, {x.value(): step})
    slope = tf.gradients(unrolled, x)[0]
    with tf.Session() as session:
        session.run(x.initializer)
        assert session.run([unrolled, slope]) == [0.0, 0.0]


def test_a_loop_is_copied_as_a_whole_beside_the_first() -> None:
    start = tf.constant(1.0, name="start")
    doubled = tf.while_loop(lambda x: x < 100.0, lambda x: x * 2.0, [start])
    tripled = ge.graph_replace(doubled, {start: tf.constant(3.0)})
    with tf.Session() as session:
        assert session.run([doubled, tripled]) == [128.0, 192.0]


def test_branches_are_copied_with_their_predicate() -> None:
    x = tf.placeholder_with_default(1.0, [])
    chosen = tf.cond(x > 2.0, lambda: x * 10.0, lambda: x - 10.0)
    replaced = ge.graph_replace(chosen, {x: tf.constant(5.0)})
    with tf.Session() as session:
        assert session.run([chosen, replaced]) == [-9.0, 50.0]


def test_the_facts_of_a_copy_have_tensorflows_names_too() -> None:
    a = tf.constant(1.0, name="a")
    b = tf.identity(a, name="b")
    _, info = ge.copy_with_input_replacements(ge.sgv(b.op), {a: tf.constant(2.0)})
    assert info._transformed_ops is info.transformed_ops
    assert info._transformed_ts[b].op.name == "b_1"
