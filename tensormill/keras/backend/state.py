"""What Keras keeps between calls: settings, names and the session.

The variables to initialise belong to a graph; the session is the default one, or one of the
module's own for the default graph.

Source: TensorFlow 1.15, python/keras/backend.py and backend_config.py.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

import tensormill.api as tf

__all__ = [
    "backend",
    "cast_to_floatx",
    "clear_session",
    "epsilon",
    "floatx",
    "get_graph",
    "get_session",
    "get_uid",
    "image_data_format",
    "manual_variable_initialization",
    "reset_uids",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_session",
    "track_variable",
]

_NUMBERS_KEY = "keras_numbers"
_VARIABLES_KEY = "keras_variables"
_FLOATS = ("float16", "float32", "float64")
_IMAGE_FORMATS = ("channels_first", "channels_last")


class _Settings(threading.local):
    """The settings of the module and the session that it opened."""

    epsilon = 1e-7
    floatx = "float32"
    image_data_format = "channels_last"
    initializes_variables = True
    session: Any = None


_settings = _Settings()


def backend() -> str:
    """Return "tensorflow"."""
    return "tensorflow"


def epsilon() -> float:
    """Return the small number that keeps quotients and logarithms finite."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Set what `epsilon` returns."""
    _settings.epsilon = value


def floatx() -> str:
    """Return the name of the dtype that layers have by default."""
    return _settings.floatx


def set_floatx(value: str) -> None:
    """Set what `floatx` returns.

    Raises:
      ValueError: it is not the name of a float dtype.
    """
    if value not in _FLOATS:
        raise ValueError(f"Unknown floatx type: {value}")
    _settings.floatx = str(value)


def cast_to_floatx(x: Any) -> Any:
    """Return a tensor or an array in the dtype `floatx`."""
    if isinstance(x, (tf.Tensor, tf.Variable, tf.SparseTensor)):
        return tf.cast(x, dtype=floatx())
    return np.asarray(x, dtype=floatx())


def image_data_format() -> str:
    """Return where the channels of images are: "channels_last" or "channels_first"."""
    return _settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set what `image_data_format` returns.

    Raises:
      ValueError: it is neither of the two.
    """
    if data_format not in _IMAGE_FORMATS:
        raise ValueError(f"Unknown data_format: {data_format}")
    _settings.image_data_format = str(data_format)


def manual_variable_initialization(value: bool) -> None:
    """Say whether the program initialises the variables of layers by itself."""
    _settings.initializes_variables = not value


def get_graph() -> Any:
    """Return the default graph."""
    return tf.get_default_graph()


def get_uid(prefix: str = "") -> int:
    """Return 1, 2, 3 … for a prefix, counted for each graph."""
    numbers = get_graph()._extra.setdefault(_NUMBERS_KEY, defaultdict(int))
    numbers[prefix] += 1
    return int(numbers[prefix])


def reset_uids() -> None:
    """Let `get_uid` begin again."""
    get_graph()._extra.pop(_NUMBERS_KEY, None)


def track_variable(variable: Any) -> None:
    """Let `get_session` initialise a variable where the program has not."""
    variable.op.graph._extra.setdefault(_VARIABLES_KEY, []).append(variable)


def get_session(op_input_list: Sequence[Any] = ()) -> Any:
    """Return the default session, else one that is opened for the default graph.

    The variables of layers and optimizers that have no value yet are initialised in it.
    """
    session = tf.get_default_session()
    if session is None:
        session = _settings.session
        if session is None or session.graph is not get_graph():
            session = _settings.session = tf.Session(config=get_default_session_config())
    if _settings.initializes_variables:
        _initialize_variables(session)
    return session


def get_default_session_config() -> Any:
    """Return the settings of the session that `get_session` opens."""
    return tf.ConfigProto(allow_soft_placement=True)


def set_session(session: Any) -> None:
    """Let `get_session` return a session where none is the default one."""
    _settings.session = session


def _initialize_variables(session: Any) -> None:
    waiting = session.graph._extra.get(_VARIABLES_KEY, [])
    if not waiting:
        return
    with session.graph.as_default():
        known = session.run([tf.is_variable_initialized(variable) for variable in waiting])
        fresh = [variable for variable, has in zip(waiting, known, strict=True) if not has]
        if fresh:
            session.run(tf.variables_initializer(fresh))
    waiting.clear()


def clear_session() -> None:
    """Begin anew: an empty default graph, no session, and names from the start."""
    session, _settings.session = _settings.session, None
    if session is not None:
        session.close()
    tf.reset_default_graph()


def keras_home() -> str:
    """Return the folder where Keras keeps data sets: that of KERAS_HOME, or `~/.keras`."""
    return os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
