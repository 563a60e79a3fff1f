"""Makes the modules of TensorFlow when a program imports them.

Below `tensormill` (`from tensormill.python.framework import ops`) this always works. `tensorflow`
itself means tensormill only after `install_as_tensorflow`, which `tensormill run` calls.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["install", "install_as_tensorflow"]

# What `tf.__version__` is for programs that ask for TensorFlow.
_VERSION = "1.15.0"
# Where the names below `tensormill` are modules of TensorFlow.
_OURS = "tensormill"
_TENSORFLOW = "tensorflow"
# The package of TensorFlow's that `tf.estimator` is in; its modules are found as those of `tf`.
_ESTIMATORS = "tensorflow_estimator"


def _resolver() -> Any:
    """Return the module that knows the tables; it is loaded with the first of TensorFlow's."""
    return importlib.import_module("tensormill.tensorflow_modules.resolver")


class _StandInModule(ModuleType):
    """A module of TensorFlow, whose names are looked up when they are first used."""

    def __init__(self, full_name: str, path: str) -> None:
        super().__init__(full_name, f"`tensorflow.{path}` of TensorFlow 1.15.")
        self.__dict__["__path__"] = []
        self.__dict__["_tensorflow_path"] = path

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return [each for each in dir(self) if not each.startswith("_")]
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = _resolver().find(self.__name__, self._tensorflow_path, name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *_resolver().names(self._tensorflow_path)})


class _TensorFlowModule(ModuleType):
    """`tensorflow` and `tensorflow.compat.v1`: the public API of tensormill."""

    def __init__(self, full_name: str) -> None:
        super().__init__(full_name, sys.modules[_OURS].__doc__)
        self.__dict__.update(
            __path__=[],
            __file__=sys.modules[_OURS].__file__,
            __version__=_VERSION,
            __git_version__=f"tensormill {sys.modules[_OURS].__version__}",
            __compiler_version__=sys.version,
        )

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return [each for each in dir(self) if not each.startswith("_")]
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = _resolver().find_public(self.__name__, name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *dir(sys.modules[_OURS])})


class _Loader(Loader):
    """Hands a module over that is made or loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__dict__.get("__spec__")

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # A module of tensormill under another name goes on saying where it comes from.
        if self._spec is not None:
            module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds the modules of TensorFlow below one name: `tensormill` or `tensorflow`."""

    def __init__(self, root: str) -> None:
        self.root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root, _, inner = fullname.partition(".")
        if root != self.root:
            return None
        module = self._module(fullname, inner)
        if module is None:
            return None
        return ModuleSpec(fullname, _Loader(module), is_package=hasattr(module, "__path__"))

    def _module(self, fullname: str, inner: str) -> ModuleType | None:
        if not inner:
            return _TensorFlowModule(fullname)
        if f"{inner}.".startswith("compat.v1."):
            return importlib.import_module(fullname.replace(".compat.v1", "", 1))
        found = _resolver().module_at(fullname, inner)
        return _StandInModule(fullname, inner) if isinstance(found, str) else found


def install() -> None:
    """Let programs import TensorFlow's modules below `tensormill`; files there come first."""
    roots = [finder.root for finder in sys.meta_path if isinstance(finder, _Finder)]
    if _OURS not in roots:
        sys.meta_path.append(_Finder(_OURS))


def install_as_tensorflow() -> None:
    """Let `import tensorflow` and everything below it mean tensormill, in this process.

    Names that Python and NumPy had in the days of TensorFlow 1 are put back as well.

    Raises:
      RuntimeError: real TensorFlow is loaded already.
    """
    loaded = sys.modules.get(_TENSORFLOW)
    if isinstance(loaded, _TensorFlowModule):
        return
    if loaded is not None:
        raise RuntimeError("tensorflow is imported already, and it is not tensormill")
    sys.meta_path.insert(0, _Finder(_TENSORFLOW))
    sys.meta_path.insert(0, _Finder(_ESTIMATORS))
    importlib.import_module(_TENSORFLOW)
    importlib.import_module("tensormill.tensorflow_modules.old_names").restore()
