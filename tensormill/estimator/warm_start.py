"""`tf.estimator.WarmStartSettings`: which variables start from an earlier model.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py.
"""

from __future__ import annotations

import os
from collections import namedtuple
from typing import Any

from tensormill.graph import tf_logging
from tensormill.platform import gfile
from tensormill.saved_model import constants
from tensormill.train.checkpoints.warm_starting import warm_start

__all__ = ["WarmStartSettings", "apply_settings", "settings_of"]


class WarmStartSettings(
    namedtuple(
        "WarmStartSettings",
        (
            "ckpt_to_initialize_from",
            "vars_to_warm_start",
            "var_name_to_vocab_info",
            "var_name_to_prev_var_name",
        ),
    )
):
    """Which variables start from which checkpoint; see `tf.train.warm_start`.

    Raises:
      ValueError: there is no checkpoint.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        ckpt_to_initialize_from: Any,
        vars_to_warm_start: Any = ".*",
        var_name_to_vocab_info: Any = None,
        var_name_to_prev_var_name: Any = None,
    ) -> WarmStartSettings:
        if not ckpt_to_initialize_from:
            raise ValueError("`ckpt_to_initialize_from` MUST be set in WarmStartSettings")
        return super().__new__(
            cls,
            ckpt_to_initialize_from,
            vars_to_warm_start,
            var_name_to_vocab_info or {},
            var_name_to_prev_var_name or {},
        )


def settings_of(warm_start_from: Any) -> WarmStartSettings | None:
    """Return settings for a checkpoint, a folder of checkpoints, an exported model, or settings.

    Raises:
      ValueError: it is none of them.
    """
    if warm_start_from is None or isinstance(warm_start_from, WarmStartSettings):
        return warm_start_from
    if not isinstance(warm_start_from, (str, bytes)):
        raise ValueError(
            "warm_start_from must be a string or a WarmStartSettings, instead got "
            f"{type(warm_start_from)}"
        )
    path = os.fsdecode(warm_start_from)
    variables = os.path.join(path, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME)
    if gfile.Exists(f"{variables}.index"):
        tf_logging.info("Warm-starting from a SavedModel")
        return WarmStartSettings(ckpt_to_initialize_from=variables)
    return WarmStartSettings(ckpt_to_initialize_from=path)


def apply_settings(settings: WarmStartSettings) -> None:
    """Let the variables of the default graph start as the settings say."""
    tf_logging.info("Warm-starting with WarmStartSettings: %s", settings)
    warm_start(*settings)
