"""Thread settings that must stand before torch is loaded: waiting threads sleep instead of spinning.

Busy processes on one machine whose OpenMP threads spin slow each other down many times over.
"""

from __future__ import annotations

import os

for _name, _value in (
    ("OMP_WAIT_POLICY", "PASSIVE"),
    ("GOMP_SPINCOUNT", "0"),
    ("KMP_BLOCKTIME", "0"),
):
    os.environ.setdefault(_name, _value)
