"""A short run of the fuzzer; `make soak` runs it for ten minutes."""

import pytest

from tensormill.testing.server_process import ServerProcess
from tests.fuzz.fuzzer import Footprint, Fuzzer

ROUNDS = 4
EXAMPLES = 60


@pytest.mark.timeout(300)
def test_no_request_kills_a_server_makes_it_hang_or_stay_larger():
    with ServerProcess() as server:
        before = None
        for number in range(ROUNDS):
            fuzzer = Fuzzer(server.target, over_grpc=number % 2 == 1)
            try:
                fuzzer.open_a_session()
                fuzzer.run(number, EXAMPLES)
                fuzzer.send_garbage(number)
                fuzzer.check_that_it_serves()
                fuzzer.reset()
            finally:
                fuzzer.close()
            after = Footprint.of(server.process_id)
            before = before or after
        assert after.descriptors <= before.descriptors + 10
