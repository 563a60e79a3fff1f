"""Record how real TensorFlow trains the programs of `tests.train.optimizer_programs`.

`python -m tests.golden.record_training`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tensormill.testing.oracle import Oracle
from tests.train import optimizer_programs

ANSWERS = Path(__file__).parent / "training.json"


def ask(oracle: Oracle) -> dict[str, Any]:
    """Return what TensorFlow says of each training."""
    source = Path(optimizer_programs.__file__).read_text()
    answers: dict[str, Any] = oracle.run(source + "\nresult = train_all(tf, np)", timeout_s=300)
    return answers


def main() -> None:
    """Write the answers: losses and names, without the values of variables."""
    with Oracle() as oracle:
        answers = ask(oracle)
    kept = {
        name: {
            **{key: answer[key] for key in ("step", "slots", "updates", "train_op")},
            "state": list(answer["state"]),
            "losses": [float(f"{loss:.8g}") for loss in answer["losses"]],
        }
        for name, answer in answers.items()
    }
    lines = (f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in kept.items())
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
