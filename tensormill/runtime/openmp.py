"""Thread settings that must stand before torch is loaded: waiting threads soon go to sleep.

Busy processes on one machine whose OpenMP threads spin for long (libgomp's own 300,000 turns are
some 5 ms) slow each other down many times over. To wake a thread that sleeps takes up to 0.1 ms, as
long as many a kernel, and longer where its core does something else meanwhile; 20,000 turns, some
0.3 ms, last from one kernel that uses all threads to the next. The settings are read once, when the
OpenMP library is loaded with torch; a program that imports torch before tensormill keeps the
library's own, and what the user sets in the environment stays.
"""

from __future__ import annotations

import os

SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "20000", "KMP_BLOCKTIME": "0"}

for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
