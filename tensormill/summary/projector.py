"""Tells TensorBoard's projector which variables of a checkpoint are embeddings.

Source: TensorFlow 1.15, contrib/tensorboard/plugins/projector/__init__.py.
"""

from __future__ import annotations

import os
from typing import Any

from google.protobuf import text_format

__all__ = ["visualize_embeddings"]

_FILE = "projector_config.pbtxt"


def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Write a ProjectorConfig to the folder of a writer of event files.

    Args:
      summary_writer: a `FileWriter`, or the name of the folder.
      config: the ProjectorConfig; its checkpoint must be in that folder.

    Raises:
      ValueError: there is no folder.
    """
    folder = summary_writer if isinstance(summary_writer, str) else summary_writer.get_logdir()
    if not folder:
        raise ValueError("Summary writer must have a logdir")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, _FILE), "w", encoding="utf-8") as file:
        file.write(text_format.MessageToString(config))
