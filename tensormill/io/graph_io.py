"""`tf.train.write_graph`: a graph to a file."""

from __future__ import annotations

import os
import secrets
from typing import Any

from google.protobuf import text_format

from tensormill.graph.graph import Graph

__all__ = ["write_graph"]


def write_graph(
    graph_or_graph_def: Any, logdir: str | os.PathLike[str], name: str, as_text: bool = True
) -> str:
    """Write a graph to the file `name` in the folder `logdir`, which is made where it is missing.

    Args:
      graph_or_graph_def: a Graph, or a GraphDef message.
      logdir: the folder.
      name: the name of the file.
      as_text: write the text format of protobuf, else its binary format.

    Returns:
      The path of the file.
    """
    message = graph_or_graph_def
    if isinstance(message, Graph):
        message = message.as_graph_def()
    folder = os.fspath(logdir)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    unfinished = f"{path}.tmp{secrets.token_hex(8)}"  # several tasks may write it
    with open(unfinished, "wb") as file:
        if as_text:
            file.write(text_format.MessageToString(message).encode())
        else:
            file.write(message.SerializeToString())
    os.replace(unfinished, path)
    return path
