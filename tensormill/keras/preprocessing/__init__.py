"""`tf.keras.preprocessing`: data in the form that models take."""

from __future__ import annotations

from tensormill.keras.preprocessing import image, sequence, text

__all__ = ["image", "sequence", "text"]
