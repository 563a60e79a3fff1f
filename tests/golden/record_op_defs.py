"""Record the definitions of ops that TensorFlow 1.15 has and TensorFlow 2 has not.

`python -m tests.golden.record_op_defs FOLDER`, where FOLDER holds the Python part of an installed
TensorFlow 1.15: its generated modules state the definitions in comments.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format, text_format
from tensorboard.compat.proto import op_def_pb2

from tests.ops.registry_facts import OWN_OP_TYPES

ANSWERS = Path(__file__).parent / "op_defs.json"


def _op_lists(folder: Path) -> Iterator[str]:
    """Yield the text of the definitions in each generated module."""
    for path in sorted(folder.rglob("gen_*.py")):
        lines: list[str] = []
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("# op {") or (lines and line.startswith("#")):
                lines.append(line.removeprefix("#"))
        if lines:
            yield "\n".join(lines)


def read(folder: Path) -> dict[str, Any]:
    """Return the definition of each op that TensorFlow 2 has not."""
    found: dict[str, Any] = {}
    for text in _op_lists(folder):
        for op in text_format.Parse(text, op_def_pb2.OpList()).op:
            if op.name in OWN_OP_TYPES:
                found[op.name] = json_format.MessageToDict(op)
    return dict(sorted(found.items()))


def main() -> None:
    """Write the definitions."""
    lines = (f"{json.dumps(n)}: {json.dumps(d)}" for n, d in read(Path(sys.argv[1])).items())
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
