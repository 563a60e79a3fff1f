"""How an estimator writes its model as a SavedModel.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py; TensorFlow 1.15,
python/saved_model/model_utils/export_utils.py.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any

from tensormill.estimator.export_outputs import (
    build_all_signature_defs,
    export_outputs_for_mode,
)
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph import errors, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.graph import Graph
from tensormill.ops.random_seeds import set_random_seed
from tensormill.platform import gfile
from tensormill.saved_model import tag_constants
from tensormill.saved_model.builder import SavedModelBuilder
from tensormill.session.session import Session
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.monitored.scaffold import Scaffold

__all__ = ["EXPORT_TAGS", "export_models", "get_temp_export_dir", "get_timestamped_export_dir"]

_ATTEMPTS = 10
EXPORT_TAGS = {
    ModeKeys.TRAIN: [tag_constants.TRAINING],
    ModeKeys.EVAL: [tag_constants.EVAL],
    ModeKeys.PREDICT: [tag_constants.SERVING],
}
"""The tags of the graphs of each mode, in the order in which they are written."""


def get_timestamped_export_dir(export_dir_base: Any) -> bytes:
    """Return the path of a folder named by the time, where there is nothing yet.

    Raises:
      RuntimeError: ten names in a row were taken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        path = os.path.join(os.fsencode(export_dir_base), str(int(time.time())).encode())
        if not gfile.Exists(path):
            return path
        tf_logging.warn(
            f"Directory {path!r} already exists; retrying (attempt {attempt}/{_ATTEMPTS})"
        )
        threading.Event().wait(1)  # for the next second, which is the next name
    raise RuntimeError(
        f"Failed to obtain a unique export directory name after {_ATTEMPTS} attempts."
    )


def get_temp_export_dir(timestamped_export_dir: bytes) -> bytes:
    """Return the path that a model is written to before it is complete."""
    parent, name = os.path.split(os.fsencode(timestamped_export_dir))
    return os.path.join(parent, b"temp-" + name)


def export_models(
    estimator: Any,
    export_dir_base: Any,
    receiver_fns: Mapping[str, Any],
    assets_extra: Mapping[str, str] | None,
    as_text: bool,
    checkpoint_path: Any,
    strip_default_attrs: bool,
) -> bytes:
    """Write the model of a checkpoint, with a graph for each mode; return its folder.

    Args:
      estimator: whose model it is.
      export_dir_base: the folder in which the model gets one named by the time.
      receiver_fns: functions that make the inputs, by mode.
      assets_extra: files to copy along, by their path below "assets.extra".
      as_text: write the text format of protobuf.
      checkpoint_path: the checkpoint.
      strip_default_attrs: leave out attributes that have their default value.

    Raises:
      ValueError: there is no mode, or a variable is not in the checkpoint.
    """
    modes = [mode for mode in EXPORT_TAGS if receiver_fns.get(mode)]
    if not modes:
        raise ValueError(f"No valid modes for exporting found. Got {receiver_fns.keys()}.")
    export_dir = get_timestamped_export_dir(export_dir_base)
    temporary = get_temp_export_dir(export_dir)
    builder = SavedModelBuilder(temporary)
    for mode in modes:
        _add_graph(
            estimator,
            builder,
            receiver_fns[mode],
            checkpoint_path,
            mode,
            saves_variables=mode == modes[0],
            strip_default_attrs=strip_default_attrs,
        )
    builder.save(as_text)
    for target, source in (assets_extra or {}).items():
        path = os.path.join(temporary, b"assets.extra", os.fsencode(target))
        gfile.MakeDirs(os.path.dirname(path))
        gfile.Copy(source, path)
    gfile.Rename(temporary, export_dir)
    return export_dir


def _add_graph(
    estimator: Any,
    builder: SavedModelBuilder,
    receiver_fn: Any,
    checkpoint_path: Any,
    mode: str,
    saves_variables: bool,
    strip_default_attrs: bool,
) -> None:
    with Graph().as_default() as graph:
        estimator._create_and_assert_global_step(graph)
        set_random_seed(estimator.config.tf_random_seed)
        receiver = receiver_fn()
        spec = estimator._call_model_fn(
            receiver.features, getattr(receiver, "labels", None), mode, estimator.config
        )
        outputs = export_outputs_for_mode(
            spec.mode, spec.export_outputs, spec.predictions, spec.loss, spec.eval_metric_ops
        )
        signatures = build_all_signature_defs(
            receiver.receiver_tensors,
            outputs,
            getattr(receiver, "receiver_tensors_alternatives", None),
            serving_only=mode == ModeKeys.PREDICT,
        )
        with Session(config=estimator.config.session_config) as session:
            local_init_op = spec.scaffold.local_init_op
            if local_init_op is None:
                local_init_op = Scaffold.default_local_init_op()
            saver = spec.scaffold.saver or Saver(sharded=True)
            _restore(saver, session, checkpoint_path, mode)
            builder.add_train_op(spec.train_op)
            options = {
                "tags": EXPORT_TAGS[mode],
                "signature_def_map": signatures,
                "assets_collection": get_collection(GraphKeys.ASSET_FILEPATHS),
                "main_op": local_init_op,
                "saver": saver,
                "strip_default_attrs": strip_default_attrs,
            }
            if saves_variables:
                builder.add_meta_graph_and_variables(session, **options)
            else:
                builder.add_meta_graph(**options)


def _restore(saver: Any, session: Session, checkpoint_path: Any, mode: str) -> None:
    try:
        saver.restore(session, checkpoint_path)
    except errors.NotFoundError as error:
        raise ValueError(
            "Could not load all requested variables from checkpoint. Please make sure your "
            "model_fn does not expect variables that were not saved in the checkpoint.\n\n"
            f"Encountered error with mode `{mode}` while restoring checkpoint from: "
            f"`{checkpoint_path}`. Full Traceback:\n\n{error}"
        ) from error
