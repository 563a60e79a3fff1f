"""Which module of tensormill stands for which one of `tensorflow.python.training.tracking`."""

from __future__ import annotations

__all__ = ["TRACKING_ROWS"]

TRACKING_ROWS = {
    "python.training.tracking.base": """
        variables.tracking tensorflow_modules.tracking_values""",
    "python.training.tracking.tracking": """
        variables.tracking variables.tracked_resources""",
    "python.training.tracking.data_structures": "variables.tracked_containers variables.tracking",
    "python.training.tracking.layer_utils": "variables.tracked_containers",
    "python.training.tracking.graph_view": "train.checkpoints.graph_view",
    "python.training.tracking.util": """
        train.checkpoints.graph_view train.checkpoints.restore_status
        CheckpointLoadStatus=train.checkpoints.restore_status.RestoreStatus
        NameBasedSaverStatus=train.checkpoints.restore_status.NameBasedStatus""",
}
