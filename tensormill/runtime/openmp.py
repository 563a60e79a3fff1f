"""Thread settings that must stand before torch is loaded: waiting threads sleep, never spin.

Busy processes on one machine whose OpenMP threads spin slow each other down many times over. The
settings are read once, when the OpenMP library is loaded with torch; a program that imports torch
before tensormill keeps the library's own, and what the user sets in the environment stays.
"""

from __future__ import annotations

import os

SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}

for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
