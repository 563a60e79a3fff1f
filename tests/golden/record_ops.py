"""Record what real TensorFlow answers to the op cases.

`python -m tests.golden.record_ops [family ...]`; without a family it records those whose
cases and answers differ.
"""

from __future__ import annotations

import sys

from tensormill.testing.oracle import Oracle
from tests.op_cases.answers import ask, record, recorded
from tests.op_cases.case import cases_of, families


def main(names: list[str]) -> int:
    """Record the families, and name the cases that TensorFlow refuses."""
    known = families()
    wrong = 0
    with Oracle() as oracle:
        for name in names or known:
            cases = cases_of(known[name])
            if not names and {case.key for case in cases} == recorded(name).keys():
                continue
            answers = ask(oracle, cases)
            record(name, answers)
            for case in cases:
                answer = answers[case.key]
                for failure in ("build_error", "run_error", "error"):
                    if failure in answer:
                        wrong += 1
                        print(f"{name}: {case.describe()}: {answer[failure]}")
            print(f"{name}: {len(answers)} answers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
