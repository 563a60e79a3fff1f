"""`tf.contrib.staging`: staging areas."""

from __future__ import annotations

from tensormill.ops.staging_areas import MapStagingArea, StagingArea

__all__ = ["MapStagingArea", "StagingArea"]
