"""The long run of the fuzzer: `python -m tests.fuzz.soak --minutes 10`.

Prints the footprint of the server after each round. Fails where the server dies, hangs, or is
larger at the end than it was after the first rounds.
"""

import argparse
import itertools
import time
from collections import Counter

from tensormill.testing.server_process import ServerProcess
from tests.fuzz.fuzzer import Footprint, Fuzzer

EXAMPLES = 300
WARM_UP_ROUNDS = 5
ALLOWED_THREADS = 20
ALLOWED_DESCRIPTORS = 20
ALLOWED_BYTES = 200 << 20


def main() -> None:
    """Fuzz a server of its own for a while."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first", type=int, default=1000, help="number of the first round")
    options = parser.parse_args()
    end_s = time.monotonic() + options.minutes * 60
    with ServerProcess() as server:
        before = after = None
        count, outcomes = 0, Counter()
        for number in itertools.count(options.first):
            fuzzer = Fuzzer(server.target, over_grpc=number % 2 == 0)
            try:
                fuzzer.open_a_session()
                fuzzer.run(number, EXAMPLES)
                fuzzer.send_garbage(number)
                fuzzer.check_that_it_serves()
                fuzzer.reset()
            finally:
                fuzzer.close()
            count, outcomes = count + fuzzer.count, outcomes + fuzzer.outcomes
            after = Footprint.of(server.process_id)
            print(f"round {number}, {count} requests: {after}", flush=True)
            if number == options.first + WARM_UP_ROUNDS:
                before = after
            if time.monotonic() > end_s:
                break
        for (method, outcome), times in sorted(outcomes.items()):
            print(f"{method:22} {outcome:22} {times}")
    if before is not None:
        assert after.threads <= before.threads + ALLOWED_THREADS, (before, after)
        assert after.descriptors <= before.descriptors + ALLOWED_DESCRIPTORS, (before, after)
        assert after.resident_bytes <= before.resident_bytes + ALLOWED_BYTES, (before, after)
    print("the server neither died nor hung nor grew")


if __name__ == "__main__":
    main()
