"""`tensorflow.python.tools.freeze_graph`: a graph with its trained variables as constants.

Source: TensorFlow 1.15, python/tools/freeze_graph.py. The command line:
`python -m tensormill.saved_model.freeze_graph --help`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from google.protobuf import text_format
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.graph_def_surgery import convert_variables_to_constants
from tensormill.platform import gfile
from tensormill.saved_model import loader
from tensormill.saved_model.tag_constants import SERVING
from tensormill.session.session import Session
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.checkpoints.state_file import checkpoint_exists
from tensormill.train.meta_graph import import_meta_graph

__all__ = ["freeze_graph", "freeze_graph_with_def_protos", "main"]


def freeze_graph_with_def_protos(
    input_graph_def: Any,
    input_saver_def: Any,
    input_checkpoint: Any,
    output_node_names: str,
    restore_op_name: Any,
    filename_tensor_name: Any,
    output_graph: str | None,
    clear_devices: bool,
    initializer_nodes: str | None,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph_def: Any = None,
    input_saved_model_dir: Any = None,
    saved_model_tags: Any = None,
    checkpoint_version: int = SaverDef.V2,
) -> Any:
    """Return the part of a graph that some nodes need, with its variables as constants.

    Args:
      input_graph_def: a GraphDef message, or None.
      input_saver_def: the SaverDef message of the graph, or None.
      input_checkpoint: the checkpoint, unless there is `input_saved_model_dir`.
      output_node_names: names of nodes, with commas between.
      restore_op_name: is not used.
      filename_tensor_name: is not used.
      output_graph: the file to write, if any.
      clear_devices: leave out the devices.
      initializer_nodes: names of nodes to run first, with commas between.
      variable_names_whitelist: names of the variables to convert; all by default.
      variable_names_blacklist: names of variables to leave as they are.
      input_meta_graph_def: a MetaGraphDef message in place of `input_graph_def`.
      input_saved_model_dir: the folder of an exported model in place of a checkpoint.
      saved_model_tags: the tags of its graph.
      checkpoint_version: is not used: both formats are read.

    Raises:
      ValueError: there is no checkpoint, no name of a node or no variable.
    """
    if not input_saved_model_dir and not checkpoint_exists(input_checkpoint):
        raise ValueError(f"Input checkpoint '{input_checkpoint}' doesn't exist!")
    if not output_node_names:
        raise ValueError("You need to supply the name of a node to --output_node_names.")
    if clear_devices:
        source = input_meta_graph_def.graph_def if input_meta_graph_def else input_graph_def
        for node in source.node if source else ():
            node.device = ""
    with Graph().as_default() as graph, Session() as session:
        if input_graph_def:
            import_graph_def(input_graph_def, name="")
        if input_saver_def:
            Saver(saver_def=input_saver_def).restore(session, input_checkpoint)
        elif input_meta_graph_def:
            saver = import_meta_graph(input_meta_graph_def, clear_devices=True)
            if saver is not None:
                saver.restore(session, input_checkpoint)
        elif input_saved_model_dir:
            loader.load(session, saved_model_tags or [], input_saved_model_dir)
        else:
            _saver_by_name(graph, input_checkpoint).restore(session, input_checkpoint)
        if initializer_nodes and not (input_saver_def or input_saved_model_dir):
            session.run(_split(initializer_nodes))
        result = convert_variables_to_constants(
            session,
            input_meta_graph_def.graph_def if input_meta_graph_def else input_graph_def,
            _split(output_node_names),
            _split(variable_names_whitelist) or None,
            _split(variable_names_blacklist) or None,
        )
    if output_graph:
        with gfile.GFile(output_graph, "wb") as file:
            file.write(result.SerializeToString(deterministic=True))
    return result


def _split(names: str | None) -> list[str]:
    return names.replace(" ", "").split(",") if names else []


def _saver_by_name(graph: Graph, checkpoint: Any) -> Saver:
    """Return a saver of the variables that a checkpoint and a graph both have."""
    variables = {}
    for name in NewCheckpointReader(checkpoint).get_variable_to_shape_map():
        try:
            variables[name] = graph.get_tensor_by_name(f"{name}:0")
        except KeyError:
            continue  # for example the state of an optimizer that the graph lacks
    try:
        return Saver(variables)
    except TypeError as error:
        if any(
            op.type.startswith("Variable") or op.type.endswith("VariableOp")
            for op in graph.get_operations()
        ):
            raise
        raise ValueError(
            "No variables were found in this model. It is likely the model was frozen "
            "previously. You cannot freeze a graph twice."
        ) from error


def _parsed(message: Any, kind: str, path: str, binary: bool) -> Any:
    if not gfile.Exists(path):
        raise OSError(f"Input {kind} file '{path}' does not exist!")
    with gfile.GFile(path, "rb") as file:
        content = file.read()
    if binary:
        message.ParseFromString(content)
    else:
        text_format.Merge(content.decode(), message)
    return message


def freeze_graph(
    input_graph: str | None,
    input_saver: str | None,
    input_binary: bool,
    input_checkpoint: Any,
    output_node_names: str,
    restore_op_name: Any,
    filename_tensor_name: Any,
    output_graph: str | None,
    clear_devices: bool,
    initializer_nodes: str | None,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph: str | None = None,
    input_saved_model_dir: Any = None,
    saved_model_tags: str = SERVING,
    checkpoint_version: int = SaverDef.V2,
) -> Any:
    """Return the part of a graph that some nodes need, with its variables as constants.

    As `freeze_graph_with_def_protos`, with files in place of the messages: `input_binary` says
    whether these are binary or text, and `saved_model_tags` has commas between.

    Raises:
      OSError: a file does not exist.
      ValueError: there is no checkpoint, no name of a node or no variable.
    """
    graph_def = meta_graph_def = saver_def = None
    if input_saved_model_dir:
        model = loader.SavedModelLoader(input_saved_model_dir)
        graph_def = model.get_meta_graph_def_from_tags(saved_model_tags.split(",")).graph_def
    elif input_graph:
        graph_def = _parsed(GraphDef(), "graph", input_graph, input_binary)
    if input_meta_graph:
        meta_graph_def = _parsed(MetaGraphDef(), "meta graph", input_meta_graph, input_binary)
    if input_saver:
        saver_def = _parsed(SaverDef(), "saver", input_saver, input_binary)
    return freeze_graph_with_def_protos(
        graph_def,
        saver_def,
        input_checkpoint,
        output_node_names,
        restore_op_name,
        filename_tensor_name,
        output_graph,
        clear_devices,
        initializer_nodes,
        variable_names_whitelist,
        variable_names_blacklist,
        meta_graph_def,
        input_saved_model_dir,
        saved_model_tags.split(","),
        checkpoint_version,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="freeze_graph", description=__doc__)
    for name, default in (
        ("input_graph", ""),
        ("input_saver", ""),
        ("input_checkpoint", ""),
        ("output_graph", ""),
        ("output_node_names", ""),
        ("restore_op_name", "save/restore_all"),
        ("filename_tensor_name", "save/Const:0"),
        ("initializer_nodes", ""),
        ("variable_names_whitelist", ""),
        ("variable_names_blacklist", ""),
        ("input_meta_graph", ""),
        ("input_saved_model_dir", ""),
        ("saved_model_tags", SERVING),
    ):
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--checkpoint_version", type=int, default=SaverDef.V2)
    for name, on in (("clear_devices", True), ("input_binary", False)):
        parser.add_argument(
            f"--{name}",
            nargs="?",
            const=True,
            default=on,
            type=lambda text: text.lower() in ("true", "1"),
        )
    result = freeze_graph(**vars(parser.parse_args(arguments)))
    sys.stdout.write(f"{len(result.node)} ops in the final graph.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
