"""The client of the oracle: asks real TensorFlow what the right answer is.

One process with the interpreter of the oracle's environment (`make oracle`) serves many requests;
TensorFlow's pins never meet ours. What runs over there is `oracle_process.py`.

    with Oracle() as oracle:
        oracle.run("result = tf.Session().run(tf.square(x))", x=np.float32(3))  # np.float32(9)
"""

import os
import selectors
import subprocess
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from tensormill.testing import oracle_process
from tensormill.testing.child_processes import end_with_input

_START_TIMEOUT_S: Final = 180.0
_STOP_TIMEOUT_S: Final = 10.0
_LOG_TAIL_BYTES: Final = 4096


class OracleError(Exception):
    """A source failed in real TensorFlow.

    Attributes:
      error_class: the name of the exception's class, "InvalidArgumentError".
      bases: the names of that class and of all its bases, to ask for "OpError" or "ValueError".
      message: the message of the exception, without TensorFlow's decoration where it has one.
      traceback_text: the traceback over there.
    """

    def __init__(
        self, error_class: str, message: str, bases: list[str], traceback_text: str
    ) -> None:
        super().__init__(f"{error_class}: {message}")
        self.error_class = error_class
        self.message = message
        self.bases = bases
        self.traceback_text = traceback_text


class OracleUnavailableError(Exception):
    """There is no oracle, it did not start, it died, or it did not answer in time."""


def find_interpreter() -> Path | None:
    """Return the interpreter of the oracle's environment, or None if there is none.

    `TENSORMILL_ORACLE_PYTHON` names it; else it is `.oracle/bin/python` in the root of the
    repository, or in the working directory where the package is installed elsewhere.
    """
    named = os.environ.get("TENSORMILL_ORACLE_PYTHON")
    if named:
        return Path(named) if Path(named).exists() else None
    for folder in (Path(__file__).parents[2], Path.cwd()):
        interpreter = folder / ".oracle" / "bin" / "python"
        # `.installed` is written last: without it the environment is not complete.
        if interpreter.exists() and (folder / ".oracle" / ".installed").exists():
            return interpreter
    return None


class Oracle:
    """Real TensorFlow in a process of its own. Open it with `with`; threads may share it.

    A process that died, or did not answer in time, is replaced at the next request.

    Args:
      interpreter: of an environment with TensorFlow; `find_interpreter()` when None.
      timeout_s: how long a request may take unless it says otherwise.
      environment: variables to set in the process, beside those of this process.

    Raises:
      OracleUnavailableError: there is no such environment.
    """

    def __init__(
        self,
        interpreter: Path | None = None,
        *,
        timeout_s: float = 50.0,
        environment: dict[str, str] | None = None,
    ) -> None:
        interpreter = interpreter or find_interpreter()
        if interpreter is None:
            raise OracleUnavailableError(
                "there is no environment with TensorFlow: run `make oracle`"
            )
        self._interpreter = interpreter
        self._timeout_s = timeout_s
        self._environment = environment or {}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None  # guarded by _lock
        self._log: IO[bytes] | None = None  # guarded by _lock; standard error of the process
        self._version = ""
        self._op_defs: dict[str, dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        """Start the process and wait until TensorFlow is loaded."""
        with self._lock:
            self._start()
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process and wait for it."""
        self.close()

    def close(self) -> None:
        """End the process, if it runs, and wait for it."""
        with self._lock:
            self._stop()

    @property
    def process_id(self) -> int | None:
        """The process that answers, or None while none runs."""
        process = self._process
        return None if process is None else process.pid

    @property
    def tensorflow_version(self) -> str:
        """The version of TensorFlow over there, once it has started."""
        return self._version

    def run(self, source: str, *, timeout_s: float | None = None, **inputs: Any) -> Any:
        """Execute `source` over there and return what it assigned to `result`.

        The source (indented as you like) finds `tf` (`tensorflow.compat.v1`), `np` and the inputs,
        and a fresh default graph. Inputs and result are arrays of every dtype, NumPy scalars,
        numbers, strings, bytes, None, and lists, tuples and dicts of those. Dtypes and shapes of
        TensorFlow come back as names and as lists (None for an unknown rank), named tuples as
        tuples, string arrays as object arrays.

        Raises:
          OracleError: the source raised.
          OracleUnavailableError: the process died or gave no answer in time.
          TypeError: an input cannot be sent.
        """
        request = {"kind": "run", "source": textwrap.dedent(source), "inputs": inputs}
        return self._request(request, timeout_s)

    def op_types(self) -> list[str]:
        """Return the names of all op types of real TensorFlow, sorted."""
        return sorted(self._all_op_defs())

    def op_def(self, op_type: str) -> dict[str, Any]:
        """Return TensorFlow's OpDef as plain data.

        Keys: name, inputs and outputs (name, type, type_attr, number_attr, type_list_attr, is_ref),
        attrs (name, type, has_default, default, allowed, minimum), control_outputs, is_stateful,
        is_commutative, is_aggregate, allows_uninitialized_input, is_distributed_communication,
        deprecation_version, serialized. Types are names ("DT_FLOAT"), shapes lists or None,
        strings bytes, tensors serialized TensorProtos; what is absent is None.

        Raises:
          KeyError: TensorFlow has no such op type.
        """
        return self._all_op_defs()[op_type]

    def _all_op_defs(self) -> dict[str, dict[str, Any]]:
        if self._op_defs is None:
            self._op_defs = self._request({"kind": "op_defs"}, None)
        return self._op_defs

    def _request(self, request: dict[str, Any], timeout_s: float | None) -> Any:
        message = oracle_process.pack_message(request)
        with self._lock:
            if self._process is None:
                self._start()
            answer = self._exchange(message, self._timeout_s if timeout_s is None else timeout_s)
        failure = answer.get("failure")
        if failure is None:
            return answer["value"]
        error = OracleError(
            failure["error_class"], failure["message"], failure["bases"], failure["traceback"]
        )
        error.add_note(failure["traceback"])
        raise error

    def _start(self) -> None:
        if self._process is not None:
            return
        environment = {
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
            # On by default on some processors only, where it changes outputs and error texts.
            "TF_ENABLE_ONEDNN_OPTS": "0",
            **self._environment,
        }
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "OMP_NUM_THREADS"):
            environment.pop(name, None)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            # -P: the folder of the script, which holds modules of ours, is not searched.
            [self._interpreter, "-P", "-W", "ignore", oracle_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            bufsize=0,
        )
        self._version = self._exchange(b"", _START_TIMEOUT_S)["ready"]

    def _exchange(self, message: bytes, timeout_s: float) -> dict[str, Any]:
        """Send one frame and return the answer; the process is stopped if that fails."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        deadline_s = time.monotonic() + timeout_s
        try:
            remaining = memoryview(message)
            while remaining:
                remaining = remaining[process.stdin.write(remaining) :]
            lengths = self._read(process, oracle_process.LENGTHS_SIZE, deadline_s)
            head_size, body_size = oracle_process.unpack_lengths(lengths)
            head = self._read(process, head_size, deadline_s)
            body = self._read(process, body_size, deadline_s)
        except TimeoutError:
            reason = f"gave no answer in {timeout_s:g} s"
        except (EOFError, BrokenPipeError):
            reason = "died"
        except BaseException:
            self._stop(kill=True)  # interrupted in mid answer: the pipe is out of step
            raise
        else:
            answer: dict[str, Any] = oracle_process.unpack_message(head, body)
            return answer
        log_tail = self._stop(kill=True)
        raise OracleUnavailableError(f"the oracle {reason}; it wrote last:\n{log_tail}")

    @staticmethod
    def _read(process: subprocess.Popen[bytes], size_bytes: int, deadline_s: float) -> bytes:
        assert process.stdout is not None
        chunks = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(chunks) < size_bytes:
                if not selector.select(max(0.0, deadline_s - time.monotonic())):
                    raise TimeoutError
                chunk = os.read(process.stdout.fileno(), min(size_bytes - len(chunks), 1 << 20))
                if not chunk:
                    raise EOFError
                chunks += chunk
        return bytes(chunks)

    def _stop(self, *, kill: bool = False) -> str:
        """End the process and return the last lines of what it wrote to standard error."""
        process, log = self._process, self._log
        self._process = self._log = None
        if process is None or log is None:
            return ""
        if kill:
            process.kill()
        end_with_input(process, _STOP_TIMEOUT_S)
        with log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            return log.read().decode(errors="replace")
