"""`tf.io.gfile`: files and folders under their newer names."""

from __future__ import annotations

from tensormill.platform.gfile import (
    Copy as copy,
)
from tensormill.platform.gfile import (
    DeleteRecursively as rmtree,
)
from tensormill.platform.gfile import (
    Exists as exists,
)
from tensormill.platform.gfile import (
    GFile,
)
from tensormill.platform.gfile import (
    Glob as glob,
)
from tensormill.platform.gfile import (
    IsDirectory as isdir,
)
from tensormill.platform.gfile import (
    ListDirectory as listdir,
)
from tensormill.platform.gfile import (
    MakeDirs as makedirs,
)
from tensormill.platform.gfile import (
    MkDir as mkdir,
)
from tensormill.platform.gfile import (
    Remove as remove,
)
from tensormill.platform.gfile import (
    Rename as rename,
)
from tensormill.platform.gfile import (
    Stat as stat,
)
from tensormill.platform.gfile import (
    Walk as walk,
)

__all__ = [
    "GFile",
    "copy",
    "exists",
    "glob",
    "isdir",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]
