"""The builder that keeps files and operations in the messages of a model, not in collections.

Source: TensorFlow 1.15, python/saved_model/builder_impl.py, `_SavedModelBuilder`.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.saved_model import constants
from tensormill.saved_model.builder import SavedModelBuilder
from tensormill.saved_model.signature_def_utils import op_signature_def

__all__ = ["SignatureBuilder"]


class SignatureBuilder(SavedModelBuilder):
    """Exports graphs; what to run when they are loaded, or to train, is a signature."""

    def __init__(self, export_dir: Any) -> None:
        super().__init__(export_dir)
        self._own_signatures: dict[str, Any] = {}
        self._assets: list[Any] = []

    def add_meta_graph_and_variables(  # type: ignore[override]
        self,
        sess: Any,
        tags: Any,
        signature_def_map: dict[str, Any] | None = None,
        assets_list: Any = None,
        clear_devices: bool = False,
        init_op: Any = None,
        train_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph, and save the variables of a session.

        Args:
          sess: the session.
          tags: by which the graph is found.
          signature_def_map: SignatureDef messages by name.
          assets_list: constants that name files to copy along.
          clear_devices: leave out the devices.
          init_op: an operation to run when the model is loaded.
          train_op: the operation or tensor that is a step of training.
          strip_default_attrs: leave out attributes that have their default value.
          saver: saves the variables, by default all of them.

        Raises:
          AssertionError: there are variables already, or a signature is incomplete.
          KeyError: a signature has a reserved name.
          TypeError: `train_op` is neither an operation nor a tensor.
        """
        self._own_signatures = _signatures_of(init_op, train_op)
        super().add_meta_graph_and_variables(
            sess,
            tags,
            signature_def_map,
            assets_collection=assets_list,
            clear_devices=clear_devices,
            strip_default_attrs=strip_default_attrs,
            saver=saver,
        )

    def add_meta_graph(  # type: ignore[override]
        self,
        tags: Any,
        signature_def_map: dict[str, Any] | None = None,
        assets_list: Any = None,
        clear_devices: bool = False,
        init_op: Any = None,
        train_op: Any = None,
        saver: Any = None,
    ) -> None:
        """Add the default graph, which uses the variables that were saved.

        See `add_meta_graph_and_variables` for the arguments.
        """
        self._own_signatures = _signatures_of(init_op, train_op)
        super().add_meta_graph(
            tags,
            signature_def_map,
            assets_collection=assets_list,
            clear_devices=clear_devices,
            saver=saver,
        )

    def _add(self, saver: Any, tags: Any, signature_def_map: Any, *options: Any) -> None:
        signatures = {**(signature_def_map or {}), **self._own_signatures}
        super()._add(saver, tags, signatures, *options)
        self._saved_model.meta_graphs[-1].asset_file_def.extend(self._assets)

    def _save_assets(self, assets: Any) -> None:
        self._assets = self._copied_assets(assets)


def _signatures_of(init_op: Any, train_op: Any) -> dict[str, Any]:
    if train_op is not None and not isinstance(train_op, (Operation, Tensor)):
        raise TypeError(f"`train_op` {train_op} needs to be a Tensor or Op.")
    given = (
        (constants.INIT_OP_SIGNATURE_KEY, init_op),
        (constants.TRAIN_OP_SIGNATURE_KEY, train_op),
    )
    return {key: op_signature_def(op, key) for key, op in given if op is not None}
