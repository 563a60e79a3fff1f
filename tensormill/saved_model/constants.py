"""`tf.saved_model.constants`: names of files, folders and collections of exported models."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ASSETS_DIRECTORY",
    "ASSETS_KEY",
    "EXTRA_ASSETS_DIRECTORY",
    "LEGACY_INIT_OP_KEY",
    "MAIN_OP_KEY",
    "SAVED_MODEL_FILENAME_PB",
    "SAVED_MODEL_FILENAME_PBTXT",
    "SAVED_MODEL_SCHEMA_VERSION",
    "VARIABLES_DIRECTORY",
    "VARIABLES_FILENAME",
]

ASSETS_DIRECTORY: Final = "assets"
ASSETS_KEY: Final = "saved_model_assets"
EXTRA_ASSETS_DIRECTORY: Final = "assets.extra"
INIT_OP_SIGNATURE_KEY: Final = "__saved_model_init_op"
LEGACY_INIT_OP_KEY: Final = "legacy_init_op"
MAIN_OP_KEY: Final = "saved_model_main_op"
SAVED_MODEL_FILENAME_PB: Final = "saved_model.pb"
SAVED_MODEL_FILENAME_PBTXT: Final = "saved_model.pbtxt"
SAVED_MODEL_SCHEMA_VERSION: Final = 1
TRAIN_OP_KEY: Final = "saved_model_train_op"
TRAIN_OP_SIGNATURE_KEY: Final = "__saved_model_train_op"
VARIABLES_DIRECTORY: Final = "variables"
VARIABLES_FILENAME: Final = "variables"
