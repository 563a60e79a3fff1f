"""What a graph is for: training, evaluation or prediction, in the words of Keras and of estimators.

Source: TensorFlow 1.15, python/saved_model/model_utils/mode_keys.py and export_utils.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensormill.saved_model import signature_constants, tag_constants

__all__ = [
    "EXPORT_TAG_MAP",
    "SIGNATURE_KEY_MAP",
    "SINGLE_FEATURE_DEFAULT_NAME",
    "SINGLE_LABEL_DEFAULT_NAME",
    "SINGLE_RECEIVER_DEFAULT_NAME",
    "KerasModeKeys",
    "ModeKeyMap",
    "is_eval",
    "is_predict",
    "is_train",
]


class KerasModeKeys:
    """The words of Keras."""

    TRAIN = "train"
    TEST = "test"
    PREDICT = "predict"


def is_predict(mode: Any) -> bool:
    """Return whether a word is for prediction."""
    return mode in (KerasModeKeys.PREDICT, "infer")


def is_eval(mode: Any) -> bool:
    """Return whether a word is for evaluation."""
    return mode in (KerasModeKeys.TEST, "eval")


def is_train(mode: Any) -> bool:
    """Return whether a word is for training."""
    return bool(mode == KerasModeKeys.TRAIN)


class ModeKeyMap(Mapping[str, Any]):
    """Something for each purpose, to be found by either word for it."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what there is for each purpose.

        Raises:
          ValueError: a word is not known, or two are for the same purpose.
        """
        self._given = list(kwargs)
        self._found: dict[str, Any] = {}
        for mode, value in kwargs.items():
            purpose = _purpose(mode)
            if purpose in self._found:
                raise ValueError(
                    f"Error creating ModeKeyMap. Multiple keys/values found for {purpose} mode."
                )
            self._found[purpose] = value

    def __getitem__(self, key: str) -> Any:
        return self._found[_purpose(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def _purpose(mode: Any) -> str:
    if is_train(mode):
        return KerasModeKeys.TRAIN
    if is_eval(mode):
        return KerasModeKeys.TEST
    if is_predict(mode):
        return KerasModeKeys.PREDICT
    raise ValueError(f"Invalid mode key: {mode}.")


EXPORT_TAG_MAP = ModeKeyMap(
    predict=[tag_constants.SERVING], train=[tag_constants.TRAINING], test=[tag_constants.EVAL]
)
"""The tags of the graphs of exported models."""
SIGNATURE_KEY_MAP = ModeKeyMap(
    predict=signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY,
    train=signature_constants.DEFAULT_TRAIN_SIGNATURE_DEF_KEY,
    test=signature_constants.DEFAULT_EVAL_SIGNATURE_DEF_KEY,
)
"""The names of their signatures."""
SINGLE_FEATURE_DEFAULT_NAME = "feature"
SINGLE_RECEIVER_DEFAULT_NAME = "input"
SINGLE_LABEL_DEFAULT_NAME = "label"
