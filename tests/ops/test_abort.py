"""`Abort`, which ends the process of the task that runs it."""

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import tensormill as tf
with tf.Session() as session:
    session.run(tf.raw_ops.Abort(error_msg="on purpose", exit_without_error={quiet}))
print("still there")
"""


@pytest.mark.parametrize("quiet", [False, True])
def test_abort_ends_the_process(quiet: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(quiet=quiet)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "still there" not in done.stdout
    assert done.returncode == (0 if quiet else -signal.SIGABRT)
    assert ("Abort_op intentional failure; on purpose" in done.stderr) is not quiet
