"""`tf.keras.applications`: see `models`."""

from __future__ import annotations

from tensormill.keras.applications import models as _models

_modules = {name: _models.module(name) for name in _models.MODULES}
globals().update(_modules)
globals().update(
    {
        function: getattr(_modules[name], function)
        for name, functions in _models.MODULES.items()
        for function in functions
    }
)

__all__ = sorted({*_modules, *(each for names in _models.MODULES.values() for each in names)})
