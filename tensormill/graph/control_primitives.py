"""The op types of TensorFlow's control-flow primitives; each has a form for references.

Source: TensorFlow 1.15, core/ops/control_flow_ops.cc.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ENTERS", "EXITS", "MERGES", "NEXT_ITERATIONS", "PRIMITIVES", "SWITCHES"]

ENTERS: Final = frozenset({"Enter", "RefEnter"})
EXITS: Final = frozenset({"Exit", "RefExit"})
MERGES: Final = frozenset({"Merge", "RefMerge"})
NEXT_ITERATIONS: Final = frozenset({"NextIteration", "RefNextIteration"})
SWITCHES: Final = frozenset({"Switch", "RefSwitch"})
PRIMITIVES: Final = ENTERS | EXITS | MERGES | NEXT_ITERATIONS | SWITCHES | {"LoopCond"}
"""Those that spell loops and branches."""
