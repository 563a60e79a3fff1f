"""Known image models, as the package `keras_applications` describes them.

TensorFlow 1.15 takes them from that package, and so does tensormill: it is loaded when one is made.

Source: TensorFlow 1.15, python/keras/applications/__init__.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tensormill.keras import backend, layers, models, utils

__all__ = ["MODULES", "application", "module"]

_HELPERS = ("decode_predictions", "preprocess_input")
# Module of `tf.keras.applications` -> the models in it.
MODULES = {
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"),
    "imagenet_utils": (),
    "inception_resnet_v2": ("InceptionResNetV2",),
    "inception_v3": ("InceptionV3",),
    "mobilenet": ("MobileNet",),
    "mobilenet_v2": ("MobileNetV2",),
    "nasnet": ("NASNetLarge", "NASNetMobile"),
    "resnet": ("ResNet101", "ResNet152", "ResNet50"),
    "resnet50": ("ResNet50",),
    "resnet_v2": ("ResNet101V2", "ResNet152V2", "ResNet50V2"),
    "vgg16": ("VGG16",),
    "vgg19": ("VGG19",),
    "xception": ("Xception",),
}


def _described(module_name: str) -> Any:
    """Return a module of the package.

    Raises:
      ImportError: it is not installed.
    """
    try:
        return importlib.import_module(f"keras_applications.{module_name}")
    except ImportError as error:
        raise ImportError(
            "tf.keras.applications needs keras_applications: pip install keras-applications"
        ) from error


def application(module_name: str, name: str) -> Callable[..., Any]:
    """Return a function of a module of the package, built on the layers of tensormill."""

    def made(*args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("layers", layers)
        kwargs.update(backend=backend, models=models, utils=utils)
        return getattr(_described(module_name), name)(*args, **kwargs)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"Call `keras_applications.{module_name}.{name}`."
    return made


def module(name: str) -> ModuleType:
    """Return a module of `tf.keras.applications`."""
    found = ModuleType(f"tensormill.keras.applications.{name}", f"`tf.keras.applications.{name}`.")
    for each in (*MODULES[name], *_HELPERS):
        setattr(found, each, application(name, each))
    return found
