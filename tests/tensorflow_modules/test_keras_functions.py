"""Functions of Keras's inner modules that programs and TensorFlow's tests call."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras.utils import conv_utils, generic_utils, tf_utils
from tensormill.python.util import nest


def test_nested_shapes_become_tuples_or_shapes() -> None:
    shapes = [tf.TensorShape([2, None]), {"a": (3, 4)}]
    assert tf_utils.convert_shapes(shapes) == [(2, None), {"a": (3, 4)}]
    made = tf_utils.convert_shapes(shapes, to_tuples=False)
    assert made[1]["a"].as_list() == [3, 4]
    with pytest.raises(ValueError, match="non-atomic and non-sequence"):
        tf_utils.convert_shapes("a")


def test_a_method_of_shapes_gets_tuples_and_returns_shapes() -> None:
    class Layer:
        @tf_utils.shape_type_conversion
        def compute(self, shape: tuple[int, ...]) -> tuple[int, ...]:
            assert isinstance(shape, tuple)
            return (*shape, 7)

    assert Layer().compute(tf.TensorShape([1, 2])).as_list() == [1, 2, 7]


def test_records_of_nodes_are_elements_while_they_are_wrapped() -> None:
    nested = {"a": [["dense", 0, 0], ["dense", 1, 0, {}]]}
    wrapped = tf_utils.convert_inner_node_data(nested, wrap=True)
    assert isinstance(wrapped["a"][0], tf_utils.ListWrapper)
    assert tf_utils.convert_inner_node_data(wrapped) == nested


def test_registered_classes_count_as_tensors() -> None:
    class Foo:
        pass

    assert tf_utils.is_symbolic_tensor(tf.constant(1))
    assert tf_utils.is_symbolic_tensor(tf.Variable(1))
    assert not tf_utils.is_symbolic_tensor(np.ones(2))
    assert not tf_utils.is_symbolic_tensor(Foo())
    tf_utils.register_symbolic_tensor_type(Foo)
    assert tf_utils.is_symbolic_tensor(Foo())


def test_functions_survive_being_written() -> None:
    offset = 5

    def add(x: int, y: int = 2) -> int:
        return x + y + offset

    code, defaults, closure = generic_utils.func_dump(add)
    assert defaults == (2,)
    assert closure == (5,)
    assert generic_utils.func_load(code, defaults, closure)(1) == 8
    assert generic_utils.func_load([code, [3], closure])(1) == 9


def test_arguments_of_functions_are_found() -> None:
    def function(a: int, **kwargs: int) -> None:
        pass

    assert generic_utils.has_arg(function, "a")
    assert not generic_utils.has_arg(function, "b")
    assert generic_utils.has_arg(function, "b", accept_all=True)


def test_rows_are_cut_from_lists_of_arrays() -> None:
    arrays = [np.arange(4), None, np.arange(8).reshape(4, 2)]
    cut = generic_utils.slice_arrays(arrays, 1, 3)
    assert cut[0].tolist() == [1, 2]
    assert cut[1] is None
    assert generic_utils.slice_arrays(arrays[0], [3, 0]).tolist() == [3, 0]
    with pytest.raises(ValueError, match="stop argument has to be None"):
        generic_utils.slice_arrays(arrays, [0], 1)
    assert generic_utils.make_batches(5, 2) == [(0, 2), (2, 4), (4, 5)]


@pytest.mark.parametrize(
    ("name", "words"),
    [("SimpleRNN", "simple_rnn"), ("MyModel", "my_model"), ("_Private", "private__private")],
)
def test_names_of_classes_become_words(name: str, words: str) -> None:
    assert generic_utils.to_snake_case(name) == words


def test_a_window_connects_inputs_with_outputs() -> None:
    valid = conv_utils.conv_kernel_mask((4,), 2, 1, "valid")
    assert valid.astype(int).T.tolist() == [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    same = conv_utils.conv_kernel_mask((3,), (3,), (1,), "same")
    assert same.astype(int).tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    assert conv_utils.conv_output_shape((7, 5), 2, 2, "same") == (4, 3)
    with pytest.raises(NotImplementedError, match="Padding type causal"):
        conv_utils.conv_kernel_mask((4,), 2, 1, "causal")
    with pytest.raises(ValueError, match="Received: 2, 1, 1"):
        conv_utils.conv_kernel_mask((4,), (2,), (1, 1), "valid")


def test_connected_pairs_are_those_of_the_mask() -> None:
    pairs = set(conv_utils.conv_kernel_idxs((3, 2), (2, 1), 1, "valid", 2, 3, "channels_last"))
    mask = conv_utils.conv_kernel_mask((3, 2), (2, 1), 1, "valid")
    assert len(pairs) == int(mask.sum()) * 2 * 3
    assert max(pairs) == (2 * 2 * 3 - 1, 3 * 2 * 2 - 1)


def test_a_kernel_is_turned_around_twice_to_itself() -> None:
    kernel = np.arange(24.0).reshape(2, 3, 2, 2)
    turned = conv_utils.convert_kernel(kernel)
    np.testing.assert_array_equal(turned[0, 0], kernel[1, 2])
    np.testing.assert_array_equal(conv_utils.convert_kernel(turned), kernel)


def test_transposed_convolutions_have_lengths_by_padding_and_dilation() -> None:
    length = conv_utils.deconv_output_length
    assert length(None, 1, "valid", stride=1) is None
    assert [length(4, 3, padding, stride=2) for padding in ("same", "valid", "full")] == [8, 9, 5]
    assert length(4, 3, "same", output_padding=1, stride=2) == 8
    assert length(4, 3, "full", output_padding=0, stride=2) == 5
    assert length(4, 2, "valid", stride=1, dilation=3) == 7


def test_paths_may_go_into_what_several_tensors_make() -> None:
    sparse = tf.SparseTensor([[0]], [1.0], [2])
    assert list(nest.yield_flat_paths({"a": sparse})) == [("a",)]
    deep = list(nest.yield_flat_paths({"a": sparse}, expand_composites=True))
    assert deep == [("a", 0), ("a", 1), ("a", 2)]
    named = nest.flatten_with_joined_string_paths([sparse], expand_composites=True)
    assert [name for name, _ in named] == ["0/0", "0/1", "0/2"]
