"""Record what real TensorFlow builds from the programs of `tests.variables.variable_programs`.

`python -m tests.golden.record_variables`
"""

from __future__ import annotations

import json
from pathlib import Path

from tensormill.testing.oracle import Oracle
from tests.variables import variable_programs

ANSWERS = Path(__file__).parent / "variables.json"


def main() -> None:
    """Write the answers, a line a program."""
    source = Path(variable_programs.__file__).read_text()
    with Oracle() as oracle:
        answers = oracle.run(source + "\nresult = describe_all(tf)", timeout_s=300)
    lines = (f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items())
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
