"""`tf.contrib.image`: images that are turned, moved and warped."""

from tensormill.ops.image_components import connected_components
from tensormill.ops.image_projection import (
    angles_to_projective_transforms,
    compose_transforms,
    flat_transforms_to_matrices,
    matrices_to_flat_transforms,
    rotate,
    transform,
    translate,
    translations_to_projective_transforms,
)
from tensormill.ops.image_warping import dense_image_warp, interpolate_spline, sparse_image_warp
from tensormill.ops.image_yiq import adjust_hsv_in_yiq, random_hsv_in_yiq
from tensormill.ops.matching import bipartite_match
