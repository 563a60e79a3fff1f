"""Names that programs and TensorFlow's own tests import from modules of Keras and `tf.contrib`."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import tensormill as tf


def _at(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"tensormill.{module}"), name)


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("python.keras.optimizer_v2.adam.Adam", "keras.optimizers.Adam"),
        ("python.keras.optimizer_v2.gradient_descent.SGD", "keras.optimizers.SGD"),
        ("python.keras.optimizer_v2.rmsprop.RMSProp", "keras.optimizers.RMSprop"),
        ("python.keras.optimizers.nadam", "keras.optimizers.Nadam"),
        ("python.keras.backend_config.floatx", "keras.backend.floatx"),
        ("python.keras.callbacks_v1.TensorBoard", "keras.callbacks.TensorBoard"),
        ("python.keras.constraints.unitnorm", "keras.constraints.UnitNorm"),
        ("python.keras.datasets.mnist.load_data", "keras.datasets.mnist.load_data"),
        ("python.keras.initializers.one", "keras.initializers.Ones"),
        ("python.keras.layers.convolutional.Deconv2D", "keras.layers.Conv2DTranspose"),
        ("python.keras.estimator.model_to_estimator", "keras.estimator.model_to_estimator"),
        ("python.keras.utils.io_utils.HDF5Matrix", "keras.utils.HDF5Matrix"),
        ("python.keras.utils.multi_gpu_utils.multi_gpu_model", "keras.utils.multi_gpu_model"),
        ("python.keras.utils.vis_utils.plot_model", "keras.utils.plot_model"),
        ("python.keras.utils.layer_utils.get_source_inputs", "keras.utils.get_source_inputs"),
        ("python.feature_column.dense_features.DenseFeatures", "keras.layers.DenseFeatures"),
        (
            "python.data.experimental.ops.optimization_options.MapVectorizationOptions",
            "data.experimental.MapVectorizationOptions",
        ),
        ("contrib.slim.bow_encoder", "contrib.layers.bow_encoder"),
        ("contrib.signal.stft", "signal.stft"),
    ],
)
def test_a_name_of_an_inner_module_is_the_public_one(path: str, public: str) -> None:
    wanted: Any = tf
    for part in public.split("."):
        wanted = getattr(wanted, part)
    assert _at(path) is wanted


def test_names_of_scopes_are_told_and_functions_deprecated() -> None:
    with tf.name_scope("outer"), tf.name_scope("inner"):
        assert _at("contrib.framework.get_name_scope")() == "outer/inner"
    tensor = tf.constant(1)
    assert _at("contrib.framework.get_graph_from_inputs")([tensor]) is tensor.graph

    @_at("contrib.framework.deprecated")("2020-01-01", "Use another.")  # type: ignore[untyped-decorator]
    def old() -> int:
        """Return one."""
        return 1

    assert old() == 1
    assert "Use another." in str(old.__doc__)


def test_the_parameters_of_a_model_are_counted() -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
    assert _at("python.keras.utils.layer_utils.count_params")(model.weights * 2) == 8
    lines: list[str] = []
    _at("python.keras.utils.layer_utils.print_summary")(model, print_fn=lines.append)
    assert "Total params: 8" in lines
