"""What layers and models accept and refuse when they are built."""

import numpy as np
import pytest

import tensormill.api as tf

keras = tf.keras
layers = keras.layers


def inputs(*shapes, **options):
    return [keras.Input(shape, **options) for shape in shapes]


def test_merged_masks_are_one_for_each_input():
    x, y = inputs((4, 5), (4, 5))
    values = tf.constant(np.ones((2, 4, 5), np.float32))
    for layer in (layers.Add(), layers.Concatenate(axis=1)):
        assert layer.compute_mask([x, y], None) is None
        assert layer.compute_mask([x, y], [None, None]) is None
        with pytest.raises(ValueError, match="`mask` should be a list"):
            layer.compute_mask([x, y], values)
        with pytest.raises(ValueError, match="`inputs` should be a list"):
            layer.compute_mask(x, [None, None])
        with pytest.raises(ValueError, match="should have the same length"):
            layer.compute_mask([x, y], [None])
        mask = layer.compute_mask([values, values], [values, 1 - values])
        with tf.Session() as session:
            assert mask.dtype == tf.bool
            assert not session.run(mask).all()


@pytest.mark.parametrize(
    ("make", "shapes", "text"),
    [
        (layers.Add, [(4,)], "list of at least 2 inputs. Got 1"),
        (layers.Concatenate, [(4,)], "`Concatenate` .* at least 2 inputs"),
        (layers.Concatenate, [(4, 5), (5, 5)], "matching shapes except for the concat axis"),
        (lambda: layers.Dot(axes=-1), [(4, 5), (5,)], None),
        (lambda: layers.Dot(axes=1), [(4, 5), (5, 5)], "Dimension incompatibility 4 != 5"),
        (lambda: layers.Dot(axes=1), [(4,), (4,), (4,)], "list of 2 inputs"),
    ],
)
def test_inputs_that_cannot_be_merged_are_refused(make, shapes, text):
    if text is None:
        assert make()(inputs(*shapes)).shape.as_list() == [None, 4]
        return
    with pytest.raises(ValueError, match=text):
        make()(inputs(*shapes))


def test_something_that_is_no_list_is_not_merged():
    with pytest.raises(ValueError, match="on a list of inputs"):
        layers.Add()(keras.Input((4,)))
    batches = [keras.Input((4,), batch_size=size) for size in (2, 3)]
    with pytest.raises(ValueError, match="different batch sizes"):
        layers.Add()(batches)


def test_axes_of_a_product_are_one_or_two_integers():
    for axes, kind in ((1.0, TypeError), ([1], ValueError), ([1, "a"], ValueError)):
        with pytest.raises(kind, match="Invalid"):
            layers.Dot(axes)


def test_a_reshaped_element_has_as_many_entries():
    assert layers.Reshape((2, -1)).compute_output_shape((None, 4)).as_list() == [None, 2, 2]
    assert layers.Reshape((2, -1)).compute_output_shape((3, None, 4)).as_list() == [3, 2, None]
    for target in ((5,), (3, -1)):
        with pytest.raises(ValueError, match="total size of new array must be unchanged"):
            layers.Reshape(target).compute_output_shape((None, 4))
    with pytest.raises(ValueError, match="only specify one unknown"):
        layers.Reshape((-1, -1)).compute_output_shape((None, 4))


def test_a_dense_layer_takes_floats():
    with pytest.raises(TypeError, match="non-floating point dtype"):
        layers.Dense(2, dtype="int32")(tf.placeholder(tf.int32, [None, 3]))


def test_a_function_layer_has_the_shape_that_was_said():
    same = layers.Lambda(lambda x: x + 1, output_shape=(1, 1), mask=lambda inputs, mask: mask)
    assert same.compute_output_shape((5, 10)).as_list() == [5, 1, 1]
    again = layers.Lambda.from_config(same.get_config())
    assert again._output_shape == (1, 1)
    assert again.mask(1, True) is True
    both = layers.Lambda(lambda x: x[0] * x[1])
    assert both.compute_output_shape([(None, 10), (None, 10)]).as_list() == [None, 10]
    twice = layers.Lambda(
        lambda x: tf.concat([x, x], -1), output_shape=lambda shape: (shape[0], 2 * shape[1])
    )
    assert twice.compute_output_shape((None, 3)).as_list() == [None, 6]
    pair = layers.Lambda(lambda x: [x, x], output_shape=((2,), (3,)))
    assert [each.as_list() for each in pair.compute_output_shape((4, 5))] == [[4, 2], [4, 3]]


def test_axes_of_a_normalization_are_there_once():
    for axis, text in ((3, "Invalid axis: 3"), (-4, "Invalid axis"), ([-1, 1], "Duplicate axis")):
        with pytest.raises(ValueError, match=text):
            layers.LayerNormalization(axis=axis).build((None, 4))
    with pytest.raises(ValueError, match="int or a list/tuple of ints"):
        layers.LayerNormalization(axis="a")


def test_steps_are_given_to_a_layer():
    with pytest.raises(ValueError, match="`TimeDistributed` layer with a `Layer`"):
        layers.TimeDistributed(tf.ones([2]))


def test_arguments_that_mean_nothing_for_a_data_set_are_refused():
    model = keras.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    arrays = np.zeros((4, 3), np.float32), np.zeros((4, 1), np.float32)
    data = tf.data.Dataset.from_tensor_slices(arrays).batch(2)
    for arguments in (
        {"batch_size": 2},
        {"y": arrays[1]},
        {"sample_weight": np.ones(4)},
        {"validation_split": 0.5},
    ):
        (name,) = arguments
        with pytest.raises(ValueError, match=rf"`{name}`\)? argument"):
            model.fit(data, epochs=1, steps_per_epoch=1, verbose=0, **arguments)
    with pytest.raises(ValueError, match="should not specify a target"):
        model.evaluate(data, data, steps=1, verbose=0)
    model.fit(data, epochs=1, steps_per_epoch=1, verbose=0)
