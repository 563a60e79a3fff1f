"""`tf.estimator.Exporter`: which of the evaluated models are exported.

Source: TensorFlow Estimator 1.15, python/estimator/exporter.py and gc.py.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.estimator.estimator_spec import LOSS_METRIC_KEY
from tensormill.estimator.function_arguments import fn_args
from tensormill.graph import errors, tf_logging
from tensormill.platform import gfile
from tensormill.summary.summary_iterator import summary_iterator

__all__ = ["BestExporter", "Exporter", "FinalExporter", "LatestExporter", "delete_old_exports"]

_TIMESTAMP_DIGITS = 10


class Exporter(ABC):
    """Exports models that were evaluated."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The folder of its exports below "export"."""

    @abstractmethod
    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Export a model, or not; return the folder, or None.

        Args:
          estimator: whose model it is.
          export_path: the folder of the exports.
          checkpoint_path: the checkpoint.
          eval_result: the metrics of the model.
          is_the_final_export: whether training is over.
        """


class _SavedModelExporter(Exporter):
    """Exports every model; the others ask it."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
    ) -> None:
        self._name = name
        self._receiver_fn: Any = serving_input_receiver_fn
        self._assets_extra = assets_extra
        self._as_text = as_text

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Export the model."""
        return estimator.export_saved_model(
            export_path,
            self._receiver_fn,
            assets_extra=self._assets_extra,
            as_text=self._as_text,
            checkpoint_path=checkpoint_path,
        )


def _loss_smaller(best_eval_result: Any, current_eval_result: Any) -> bool:
    for name, result in (
        ("best_eval_result", best_eval_result),
        ("current_eval_result", current_eval_result),
    ):
        if not result or LOSS_METRIC_KEY not in result:
            raise ValueError(f"{name} cannot be empty or no loss is found in it.")
    return bool(best_eval_result[LOSS_METRIC_KEY] > current_eval_result[LOSS_METRIC_KEY])


def _check_comparison(compare_fn: Callable[..., bool] | None) -> None:
    if compare_fn is None:
        raise ValueError("`compare_fn` must not be None.")
    names = set(fn_args(compare_fn))
    wanted = ("best_eval_result", "current_eval_result")
    for name in wanted:
        if name not in names:
            raise ValueError(f"compare_fn ({compare_fn}) must include {name} argument.")
    if names - set(wanted):
        raise ValueError(
            f"compare_fn ({compare_fn}) has following not expected args: "
            f"{list(names - set(wanted))}"
        )


def delete_old_exports(folder: Any, exports_to_keep: int | None) -> None:
    """Delete all but the latest exports of a folder, which are named by their time."""
    if exports_to_keep is None:
        return
    folder = os.fsdecode(folder)
    names = sorted(
        name
        for name in (os.fsdecode(each).rstrip("/") for each in gfile.ListDirectory(folder))
        if len(name) == _TIMESTAMP_DIGITS and name.isdigit()
    )
    for name in names[:-exports_to_keep]:
        path = os.path.join(folder, name)
        try:
            gfile.DeleteRecursively(path)
        except errors.NotFoundError as error:
            tf_logging.warn("Can not delete %s recursively: %s", path, error)


class BestExporter(Exporter):
    """Exports a model that is better than all before it.

    Args:
      name: the folder of its exports.
      serving_input_receiver_fn: returns the inputs of the model.
      event_file_pattern: events of earlier evaluations, below the estimator's folder.
      compare_fn: a function of `best_eval_result` and `current_eval_result` that says whether the
        latter is better; by default the loss decides.
      assets_extra: files to copy along.
      as_text: write the text format of protobuf.
      exports_to_keep: how many exports to keep; None keeps all.

    Raises:
      ValueError: the function takes other arguments, or none is to be kept.
    """

    def __init__(
        self,
        name: str = "best_exporter",
        serving_input_receiver_fn: Callable[[], Any] | None = None,
        event_file_pattern: str | None = "eval/*.tfevents.*",
        compare_fn: Callable[..., bool] | None = _loss_smaller,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        _check_comparison(compare_fn)
        self._compare_fn: Any = compare_fn
        self._exporter = _SavedModelExporter(name, serving_input_receiver_fn, assets_extra, as_text)
        self._event_file_pattern = event_file_pattern
        self._model_dir: str | None = None
        self._best_eval_result: Mapping[str, Any] | None = None
        self._exports_to_keep = exports_to_keep
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError(
                f"`exports_to_keep`, if provided, must be a positive number. Got {exports_to_keep}"
            )

    @property
    def name(self) -> str:
        """As given."""
        return self._exporter.name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Export the model if it is better than all before it."""
        if self._model_dir != estimator.model_dir and self._event_file_pattern:
            tf_logging.info("Loading best metric from event files.")
            self._model_dir = estimator.model_dir
            self._best_eval_result = self._best_of(
                os.path.join(estimator.model_dir, self._event_file_pattern)
            )
        best = self._best_eval_result
        if best is not None and not self._compare_fn(
            best_eval_result=best, current_eval_result=eval_result
        ):
            return None
        tf_logging.info("Performing best model export.")
        self._best_eval_result = eval_result
        made = self._exporter.export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )
        delete_old_exports(export_path, self._exports_to_keep)
        return made

    def _best_of(self, pattern: str) -> Mapping[str, Any] | None:
        best: Mapping[str, Any] | None = None
        for path in gfile.Glob(pattern):
            for event in summary_iterator(path):
                result = {
                    value.tag: value.simple_value
                    for value in event.summary.value
                    if value.HasField("simple_value")
                }
                if result and (best is None or self._compare_fn(best, result)):
                    best = result
        return best


class FinalExporter(Exporter):
    """Exports the model at the end of its training; the arguments are as for `BestExporter`."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
    ) -> None:
        self._exporter = _SavedModelExporter(name, serving_input_receiver_fn, assets_extra, as_text)

    @property
    def name(self) -> str:
        """As given."""
        return self._exporter.name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Export the model if training is over."""
        if not is_the_final_export:
            return None
        tf_logging.info("Performing the final export in the end of training.")
        return self._exporter.export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )


class LatestExporter(Exporter):
    """Exports every model and keeps the latest; the arguments are as for `BestExporter`."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        self._exporter = _SavedModelExporter(name, serving_input_receiver_fn, assets_extra, as_text)
        self._exports_to_keep = exports_to_keep
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError("`exports_to_keep`, if provided, must be positive number")

    @property
    def name(self) -> str:
        """As given."""
        return self._exporter.name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Export the model, and delete old ones."""
        made = self._exporter.export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )
        delete_old_exports(export_path, self._exports_to_keep)
        return made
