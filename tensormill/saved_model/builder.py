"""`tf.saved_model.builder`: graphs, variables and files of a model in one folder.

Source: TensorFlow 1.15, python/saved_model/builder_impl.py, simple_save.py.
"""

from __future__ import annotations

import filecmp
import os
from typing import Any

from google.protobuf import any_pb2
from tensorboard.compat.proto.meta_graph_pb2 import AssetFileDef
from tensorboard.compat.proto.saver_pb2 import SaverDef
from tensorboard.compat.proto.types_pb2 import DT_INVALID

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.platform import gfile
from tensormill.proto.saved_model_pb2 import SavedModel
from tensormill.saved_model import constants
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from tensormill.saved_model.signature_def_utils import predict_signature_def
from tensormill.saved_model.tag_constants import SERVING
from tensormill.train.checkpoints.saveables import all_saveable_objects
from tensormill.train.checkpoints.saver import Saver

__all__ = ["ASSET_TYPE_URL", "SavedModelBuilder", "simple_save"]

ASSET_TYPE_URL = "type.googleapis.com/tensorflow.AssetFileDef"
"""How other programs know the messages in the collection of assets."""


class SavedModelBuilder:
    """Exports graphs that share one set of variables.

    Args:
      export_dir: the folder, which is made; it holds nothing yet.

    Raises:
      AssertionError: it holds something.
    """

    def __init__(self, export_dir: Any) -> None:
        self._export_dir = os.fsdecode(export_dir)
        self._saved_model = SavedModel(
            saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION
        )
        if gfile.Exists(self._export_dir) and gfile.ListDirectory(self._export_dir):
            raise AssertionError(
                f"Export directory {self._export_dir} already exists, and isn't empty. Please "
                "choose a different export directory, or delete all the contents of the "
                "specified directory."
            )
        gfile.MakeDirs(self._export_dir)
        self._has_saved_variables = False

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Any,
        signature_def_map: dict[str, Any] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph, and save the variables of a session.

        Args:
          sess: the session.
          tags: by which the graph is found.
          signature_def_map: SignatureDef messages by name.
          assets_collection: constants that name files to copy along.
          legacy_init_op: the old form of `main_op`.
          clear_devices: leave out the devices.
          main_op: an operation to run when the model is loaded.
          strip_default_attrs: leave out attributes that have their default value.
          saver: saves the variables, by default all of them.

        Raises:
          AssertionError: there are variables already, or a signature is incomplete.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        saver = self._prepared(signature_def_map, assets_collection, main_op, legacy_init_op, saver)
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        gfile.MakeDirs(folder)
        path = os.path.join(folder, constants.VARIABLES_FILENAME)
        saver.save(sess, path, write_meta_graph=False, write_state=False)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def add_meta_graph(
        self,
        tags: Any,
        signature_def_map: dict[str, Any] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph, which uses the variables that were saved.

        See `add_meta_graph_and_variables` for the arguments.

        Raises:
          AssertionError: there are no variables yet, or a signature is incomplete.
        """
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        saver = self._prepared(signature_def_map, assets_collection, main_op, legacy_init_op, saver)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)

    def add_train_op(self, train_op: Any) -> None:
        """Keep an operation or tensor of the default graph as its step of training.

        Raises:
          TypeError: it is neither.
        """
        if train_op is None:
            return
        if not isinstance(train_op, (Operation, Tensor)):
            raise TypeError(f"`train_op` {train_op} needs to be a Tensor or Op.")
        add_to_collection(constants.TRAIN_OP_KEY, train_op)

    def save(self, as_text: bool = False) -> bytes:
        """Write the file of the model, and return its path.

        Args:
          as_text: write the text format of protobuf.
        """
        gfile.MakeDirs(self._export_dir)
        name = (
            constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB
        )
        path = os.path.join(self._export_dir, name)
        content = (
            str(self._saved_model).encode()
            if as_text
            else self._saved_model.SerializeToString(deterministic=True)
        )
        with gfile.GFile(path, "wb") as file:
            file.write(content)
        tf_logging.info("SavedModel written to: %s", path)
        return path.encode()

    def _prepared(
        self,
        signature_def_map: dict[str, Any] | None,
        assets: Any,
        main_op: Any,
        legacy_init_op: Any,
        saver: Any,
    ) -> Saver:
        _check_signatures(signature_def_map or {})
        self._save_assets(assets)
        _add_main_op(legacy_init_op if main_op is None else main_op)
        return saver or Saver(
            all_saveable_objects(), sharded=True, write_version=SaverDef.V2, allow_empty=True
        )

    def _add(
        self,
        saver: Saver,
        tags: Any,
        signature_def_map: dict[str, Any] | None,
        clear_devices: bool,
        strip_default_attrs: bool,
    ) -> None:
        message = saver.export_meta_graph(
            clear_devices=clear_devices, strip_default_attrs=strip_default_attrs
        )
        message.meta_info_def.tags.extend(tags)
        for name, signature in (signature_def_map or {}).items():
            message.signature_def[name].CopyFrom(signature)
        self._saved_model.meta_graphs.add().CopyFrom(message)

    def _save_assets(self, assets: Any) -> None:
        for message in self._copied_assets(assets):
            packed = any_pb2.Any(type_url=ASSET_TYPE_URL, value=message.SerializeToString())
            add_to_collection(constants.ASSETS_KEY, packed)

    def _copied_assets(self, assets: Any) -> list[Any]:
        """Copy the files that tensors name into the folder; return a message for each."""
        if not assets:
            tf_logging.info("No assets to save.")
            return []
        messages = []
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        gfile.MakeDirs(folder)
        copied: dict[str, str] = {}  # from the name in the folder to the file
        for tensor in assets:
            path = _asset_path(tensor)
            name = _name_for(path, copied)
            message = AssetFileDef(filename=name)
            message.tensor_info.name = tensor.name
            messages.append(message)
            if name not in copied:
                copied[name] = path
                if not gfile.Exists(os.path.join(folder, name)):
                    gfile.Copy(path, os.path.join(folder, name))
        return messages


def _asset_path(tensor: Any) -> str:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Asset path tensor {tensor} must be a Tensor.")
    if tensor.op.type != "Const":
        raise TypeError(
            f"Asset path tensor {tensor} must be of type constant. Has type {tensor.op.type} "
            "instead."
        )
    if tensor.dtype != dtypes.string:
        raise TypeError(
            f"Asset path tensor {tensor} must be of dtype string. Has type {tensor.dtype} instead."
        )
    values = tensor.op.attrs["value"].array
    if values.size != 1:
        raise TypeError(f"Asset path tensor {tensor} must be a scalar.")
    path = values.item()
    if not path:
        raise ValueError(f"Asset filepath tensor {tensor} in is invalid.")
    return os.fsdecode(path)


def _name_for(path: str, copied: dict[str, str]) -> str:
    """Return a name in the folder of assets that no other file has."""
    base = name = os.path.basename(path)
    count = 0
    while name in copied and copied[name] != path and not filecmp.cmp(copied[name], path, False):
        count += 1
        name = f"{base}_{count}"
    return name


def _add_main_op(main_op: Any) -> None:
    if main_op is None:
        return
    if not isinstance(main_op, Operation):
        raise TypeError(
            f"Expected {main_op} to be an Operation but got type {type(main_op)} instead."
        )
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if get_collection(key):
            raise ValueError(
                f"Graph already contains one or more main ops under the collection {key}."
            )
    add_to_collection(constants.MAIN_OP_KEY, main_op)


def _check_signatures(signature_def_map: dict[str, Any]) -> None:
    for signature in signature_def_map.values():
        for info in (*signature.inputs.values(), *signature.outputs.values()):
            if info.WhichOneof("encoding") is None or info.dtype == DT_INVALID:
                missing = (
                    "the dtype field"
                    if info.WhichOneof("encoding")
                    else "one of the 'encoding' fields (e.g., name or coo_sparse)"
                )
                raise AssertionError(
                    f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the "
                    f"SignatureDefs must have {missing} set."
                )
    for key, use in (
        (constants.INIT_OP_SIGNATURE_KEY, "initialization"),
        (constants.TRAIN_OP_SIGNATURE_KEY, "the train op"),
    ):
        if key in signature_def_map:
            raise KeyError(
                f'SignatureDef map key "{key}" is reserved for {use}. Please use a different key.'
            )


def simple_save(
    session: Any,
    export_dir: Any,
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    legacy_init_op: Any = None,
) -> None:
    """Export the graph of a session for serving.

    Args:
      session: the session.
      export_dir: the folder, which holds nothing yet.
      inputs: tensors by name.
      outputs: tensors by name.
      legacy_init_op: an operation to run when the model is loaded.
    """
    with session.graph.as_default():
        builder = SavedModelBuilder(export_dir)
        builder.add_meta_graph_and_variables(
            session,
            tags=[SERVING],
            signature_def_map={
                DEFAULT_SERVING_SIGNATURE_DEF_KEY: predict_signature_def(inputs, outputs)
            },
            assets_collection=get_collection(GraphKeys.ASSET_FILEPATHS),
            main_op=legacy_init_op,
            clear_devices=True,
        )
        builder.save()
