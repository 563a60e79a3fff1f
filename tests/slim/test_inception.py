"""The Inception networks: layers, names of variables, and how they are cut off and thinned."""

import pytest

import tensormill as tf

slim = tf.contrib.slim
nets = slim.nets


def images(size: int) -> tf.Tensor:
    return tf.placeholder(tf.float32, [1, size, size, 3])


@pytest.mark.parametrize(
    ("version", "size", "last", "features"),
    [
        (1, 224, "Mixed_5c", [1, 7, 7, 1024]),
        (2, 224, "Mixed_5c", [1, 7, 7, 1024]),
        (3, 299, "Mixed_7c", [1, 8, 8, 2048]),
    ],
)
def test_inception_has_its_layers(version: int, size: int, last: str, features: list[int]) -> None:
    module = nets.inception
    with slim.arg_scope(getattr(module, f"inception_v{version}_arg_scope")()):
        logits, end_points = getattr(module, f"inception_v{version}")(images(size), 11)
    assert logits.shape.as_list() == [1, 11]
    assert end_points[last].shape.as_list() == features
    assert end_points["Predictions"].shape.as_list() == [1, 11]
    found = {each.op.name: each.shape.as_list() for each in slim.get_model_variables()}
    scope = f"InceptionV{version}"
    if version == 2:
        assert found[f"{scope}/Conv2d_1a_7x7/depthwise_weights"] == [7, 7, 3, 8]
    if version == 3:
        assert found[f"{scope}/Mixed_7b/Branch_1/Conv2d_0b_3x1/weights"] == [3, 1, 384, 384]
        assert found[f"{scope}/AuxLogits/Conv2d_2a_5x5/weights"] == [5, 5, 128, 768]
        assert end_points["AuxLogits"].shape.as_list() == [1, 11]
        assert end_points["MaxPool_5a_3x3"].shape.as_list() == [1, 35, 35, 192]


def test_inception_is_cut_off_and_thinned() -> None:
    base = nets.inception_v3.inception_v3_base
    net, end_points = base(images(299), final_endpoint="Mixed_5b", depth_multiplier=0.5)
    assert net.shape.as_list() == [1, 35, 35, 128]
    assert list(end_points)[-1] == "Mixed_5b"
    with pytest.raises(ValueError, match="Unknown final endpoint"):
        base(images(299), final_endpoint="Mixed_9z", scope="x")
    with pytest.raises(ValueError, match="not greater than zero"):
        base(images(299), depth_multiplier=0.0, scope="y")
