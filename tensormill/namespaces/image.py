"""`tf.image`: images in other sizes, places and colors."""

from tensormill.ops.image_boxes import (
    combined_non_max_suppression,
    non_max_suppression,
    non_max_suppression_overlaps,
    non_max_suppression_padded,
    non_max_suppression_with_scores,
)
from tensormill.ops.image_codecs import (
    decode_and_crop_jpeg,
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
)
from tensormill.ops.image_colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    convert_image_dtype,
    grayscale_to_rgb,
    hsv_to_rgb,
    per_image_standardization,
    random_brightness,
    random_contrast,
    random_hue,
    random_saturation,
    rgb_to_grayscale,
    rgb_to_hsv,
)
from tensormill.ops.image_crops import (
    crop_and_resize,
    draw_bounding_boxes,
    extract_glimpse,
    sample_distorted_bounding_box,
)
from tensormill.ops.image_geometry import (
    central_crop,
    crop_to_bounding_box,
    flip_left_right,
    flip_up_down,
    pad_to_bounding_box,
    random_flip_left_right,
    random_flip_up_down,
    resize_image_with_crop_or_pad,
    resize_image_with_pad,
    rot90,
    transpose_image,
)
from tensormill.ops.image_geometry import (
    resize_image_with_crop_or_pad as resize_with_crop_or_pad,
)
from tensormill.ops.image_geometry import (
    transpose_image as transpose,
)
from tensormill.ops.image_measures import (
    image_gradients,
    psnr,
    rgb_to_yiq,
    rgb_to_yuv,
    sobel_edges,
    ssim,
    ssim_multiscale,
    total_variation,
    yiq_to_rgb,
    yuv_to_rgb,
)
from tensormill.ops.image_patches import extract_image_patches, extract_patches
from tensormill.ops.image_quality import adjust_jpeg_quality, is_jpeg, random_jpeg_quality
from tensormill.ops.image_resizing import (
    ResizeMethod,
    resize_area,
    resize_bicubic,
    resize_bilinear,
    resize_images,
    resize_nearest_neighbor,
)
from tensormill.ops.image_resizing import (
    resize_images as resize,
)
from tensormill.ops.random import random_crop
