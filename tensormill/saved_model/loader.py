"""`tf.saved_model.loader`: an exported model into a session.

Source: TensorFlow 1.15, python/saved_model/loader_impl.py.
"""

from __future__ import annotations

import os
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.meta_graph_pb2 import AssetFileDef

from tensormill.graph import tf_logging
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.scoped_names import prepend_name_scope
from tensormill.platform import gfile
from tensormill.proto.saved_model_pb2 import SavedModel
from tensormill.saved_model import constants
from tensormill.train.checkpoints.saveables import all_saveable_objects
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.meta_graph import import_meta_graph_with_return_elements

__all__ = [
    "SavedModelLoader",
    "contains_saved_model",
    "get_asset_tensors",
    "get_init_op",
    "get_train_op",
    "load",
    "maybe_saved_model_directory",
    "parse_saved_model",
]


def parse_saved_model(export_dir: Any) -> Any:
    """Return the SavedModel message in a folder.

    Raises:
      OSError: there is none, or it cannot be read.
    """
    folder = os.fsdecode(export_dir)
    binary = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PB)
    text = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PBTXT)
    if gfile.Exists(binary):
        with gfile.GFile(binary, "rb") as file:
            content = file.read()
        try:
            return SavedModel.FromString(content)
        except DecodeError as error:
            raise OSError(f"Cannot parse file {binary}: {error}.") from error
    if gfile.Exists(text):
        with gfile.GFile(text, "rb") as file:
            content = file.read()
        try:
            return text_format.Parse(content.decode(), SavedModel())
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise OSError(f"Cannot parse file {text}: {error}.") from error
    raise OSError(
        f"SavedModel file does not exist at: {folder}{os.sep}"
        f"{{{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}}}"
    )


def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Return whether a folder holds the file of an exported model."""
    folder = os.fsdecode(export_dir)
    names = (constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT)
    return any(gfile.Exists(os.path.join(folder, name)) for name in names)


contains_saved_model = maybe_saved_model_directory


def load(
    sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any
) -> Any:
    """Add an exported model to the graph of a session, and restore its variables.

    Args:
      sess: the session.
      tags: those of the graph to load, all of them.
      export_dir: the folder.
      import_scope: the name scope to put the nodes into.
      **saver_kwargs: as for `tf.train.import_meta_graph`.

    Returns:
      The MetaGraphDef that was loaded, with its signatures.

    Raises:
      OSError: there is no model in the folder.
      RuntimeError: it has no graph of these tags.
    """
    return SavedModelLoader(export_dir).load(sess, tags, import_scope, **saver_kwargs)


class SavedModelLoader:
    """Loads an exported model in steps.

    Args:
      export_dir: the folder.

    Attributes:
      export_dir: the folder.
      variables_path: the checkpoint in it.
      saved_model: the SavedModel message.
    """

    def __init__(self, export_dir: Any) -> None:
        self.export_dir = os.fsdecode(export_dir)
        self.variables_path = os.path.join(
            self.export_dir, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME
        )
        self.saved_model = parse_saved_model(self.export_dir)

    def get_meta_graph_def_from_tags(self, tags: Any) -> Any:
        """Return the MetaGraphDef that has exactly these tags.

        Raises:
          RuntimeError: there is none.
        """
        available = []
        for message in self.saved_model.meta_graphs:
            available.append(set(message.meta_info_def.tags))
            if available[-1] == set(tags):
                return message
        raise RuntimeError(
            f"MetaGraphDef associated with tags {str(tags).strip('[]')} could not be found in "
            f"SavedModel, with available tags '{available}'. To inspect available tag-sets in the "
            "SavedModel, please use the SavedModel CLI: `saved_model_cli`."
        )

    def load_graph(
        self, graph: Graph, tags: Any, import_scope: str | None = None, **saver_kwargs: Any
    ) -> tuple[Saver | None, Any]:
        """Add the graph of these tags to another one.

        Returns:
          The saver of the variables, and what `return_elements` names.
        """
        message = self.get_meta_graph_def_from_tags(tags)
        with graph.as_default():
            return import_meta_graph_with_return_elements(
                message, import_scope=import_scope, **saver_kwargs
            )

    def restore_variables(self, sess: Any, saver: Any, import_scope: str | None = None) -> None:
        """Restore the variables of a session.

        Raises:
          ValueError: there are variables, and no saver.
        """
        with sess.graph.as_default():
            if saver is None and not all_saveable_objects(scope=import_scope):
                tf_logging.info(
                    "The specified SavedModel has no variables; no checkpoints were restored."
                )
            elif isinstance(saver, Saver):
                saver.restore(sess, self.variables_path)
            else:
                raise ValueError(
                    "No tf.train.Saver object was passed to the function "
                    "`SavedModelLoader.restore_variables`. Since there are variables in the graph, "
                    "a saver is required."
                )

    def run_init_ops(self, sess: Any, tags: Any, import_scope: str | None = None) -> None:
        """Run what the model runs when it is loaded, with its files fed."""
        message = self.get_meta_graph_def_from_tags(tags)
        with sess.graph.as_default():
            init_op = get_init_op(message, import_scope)
            if init_op is not None:
                feeds = get_asset_tensors(self.export_dir, message, import_scope)
                sess.run([init_op], feed_dict=feeds)

    def load(
        self, sess: Any, tags: Any, import_scope: str | None = None, **saver_kwargs: Any
    ) -> Any:
        """Do all of it, and return the MetaGraphDef."""
        with sess.graph.as_default():
            saver, _ = self.load_graph(sess.graph, tags, import_scope, **saver_kwargs)
            self.restore_variables(sess, saver, import_scope)
            self.run_init_ops(sess, tags, import_scope)
        return self.get_meta_graph_def_from_tags(tags)


def get_init_op(meta_graph_def: Any, import_scope: str | None = None) -> Any:
    """Return what a model in the default graph runs when it is loaded, or None.

    Raises:
      RuntimeError: there are several.
    """
    graph = get_default_graph()
    message = meta_graph_def
    signature = message.signature_def.get(constants.INIT_OP_SIGNATURE_KEY)
    if signature is not None:
        name = signature.outputs[constants.INIT_OP_SIGNATURE_KEY].name
        return graph.as_graph_element(prepend_name_scope(name, import_scope))
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in message.collection_def:
            names = message.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(
                    f"Expected exactly one op in collection {key}, got {len(names)}."
                )
            return graph.as_graph_element(prepend_name_scope(names[0], import_scope))
    return None


def get_train_op(meta_graph_def: Any, import_scope: str | None = None) -> Any:
    """Return the step of training of a model in the default graph, or None.

    Raises:
      RuntimeError: there are several.
    """
    graph = get_default_graph()
    signature = meta_graph_def.signature_def.get(constants.TRAIN_OP_SIGNATURE_KEY)
    if signature is not None:
        name = signature.outputs[constants.TRAIN_OP_SIGNATURE_KEY].name
        return graph.as_graph_element(prepend_name_scope(name, import_scope))
    if constants.TRAIN_OP_KEY not in meta_graph_def.collection_def:
        return None
    names = meta_graph_def.collection_def[constants.TRAIN_OP_KEY].node_list.value
    if len(names) != 1:
        raise RuntimeError(
            f"Expected exactly one op in collection {constants.TRAIN_OP_KEY}, got {len(names)}."
        )
    return graph.as_graph_element(prepend_name_scope(names[0], import_scope))


def get_asset_tensors(
    export_dir: str, meta_graph_def_to_load: Any, import_scope: str | None = None
) -> dict[str, str]:
    """Return the files of a model by the names of the tensors that say where they are."""
    message = meta_graph_def_to_load
    assets = list(message.asset_file_def)
    if not assets and constants.ASSETS_KEY in message.collection_def:
        packed = message.collection_def[constants.ASSETS_KEY].any_list.value
        assets = [AssetFileDef.FromString(item.value) for item in packed]
    folder = os.path.join(export_dir, constants.ASSETS_DIRECTORY)
    return {
        prepend_name_scope(asset.tensor_info.name, import_scope): os.path.join(
            folder, asset.filename
        )
        for asset in assets
    }
