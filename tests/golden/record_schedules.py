"""Record what real TensorFlow says of the programs of `tests.train.schedule_programs`.

`python -m tests.golden.record_schedules`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tensormill.testing.oracle import Oracle
from tests.train import schedule_programs

ANSWERS = Path(__file__).parent / "schedules.json"


def ask(oracle: Oracle) -> dict[str, Any]:
    """Return what TensorFlow says."""
    source = Path(schedule_programs.__file__).read_text()
    answers: dict[str, Any] = oracle.run(source + "\nresult = answer_all(tf, np)")
    return answers


def main() -> None:
    """Write the answers."""
    with Oracle() as oracle:
        ANSWERS.write_text(json.dumps(ask(oracle), indent=1) + "\n")


if __name__ == "__main__":
    main()
