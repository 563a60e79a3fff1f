"""Record of which ranks TensorFlow takes the inputs of ops.

`python -m tests.golden.record_input_ranks`
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.op_cases.input_ranks import accepted_by_tensorflow, probes

ANSWERS = Path(__file__).parent / "input_ranks.json"


def main() -> None:
    """Write the answers, one line an op."""
    found = sorted(accepted_by_tensorflow(probes()).items())
    lines = (f"{json.dumps(op_type)}: {json.dumps(ranks)}" for op_type, ranks in found)
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
