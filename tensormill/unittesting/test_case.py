"""`tf.test.TestCase`.

Source: TensorFlow 1.15, python/framework/test_util.py.
"""

from __future__ import annotations

import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any

import numpy as np
from google.protobuf import message as protobuf_message
from google.protobuf import text_format
from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.graph import device_names, errors
from tensormill.graph.graph import Graph, get_default_graph, reset_default_graph
from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS
from tensormill.ops.random_seeds import DEFAULT_GRAPH_SEED, set_random_seed
from tensormill.session.device_attributes import gpu_device_name
from tensormill.session.session import Session, get_default_session
from tensormill.unittesting.array_assertions import ArrayAssertions
from tensormill.unittesting.checked_thread import CheckedThread
from tensormill.unittesting.directories import make_temp_dir

__all__ = ["CapturedWrites", "TestCase"]


class CapturedWrites:
    """What was written to a stream inside `TestCase.captureWritesToStream`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def contents(self) -> str:
        """Return all that was written."""
        with open(self._path) as file:
            return file.read()


class TestCase(ArrayAssertions):
    """A `unittest.TestCase` with sessions, whose every test begins with an empty graph.

    Each test starts with the same seeds for `random`, NumPy and the default graph.
    """

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[CheckedThread] = []
        self._temp_dir: str | None = None
        self._cached_session: Session | None = None
        self._cached_arguments: tuple[Any, ...] = ()

    def setUp(self) -> None:
        """Reset the default graph and all seeds."""
        self._close_cached_session()
        random.seed(DEFAULT_GRAPH_SEED)
        np.random.seed(DEFAULT_GRAPH_SEED)
        reset_default_graph()
        set_random_seed(DEFAULT_GRAPH_SEED)
        # The name of `test_session` makes it look like a test.
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")

    def tearDown(self) -> None:
        """Check the threads of the test, and close its cached session."""
        for thread in self._threads:
            thread.check_termination()
        self._close_cached_session()

    def _close_cached_session(self) -> None:
        if self._cached_session is not None:
            self._cached_session.close()
            self._cached_session = None

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of a structure of tensors, run by the default or cached session."""
        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.cached_session() as session:
            return session.run(tensors)

    @contextmanager
    def session(
        self,
        graph: Graph | None = None,
        config: ConfigProto | None = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """Open a session that is the default inside the with-statement, and close it afterwards.

        Args:
          graph: the graph to run; the default graph if None.
          config: how to run it; the test's own settings if None.
          use_gpu: leave the choice of the device to the placement; else nodes go to the CPU.
          force_gpu: put nodes on the GPU, and fail where that is not possible.
        """
        with (
            self._open(graph, config, force_gpu) as session,
            _default(session, use_gpu, force_gpu),
        ):
            yield session

    @contextmanager
    def cached_session(
        self,
        graph: Graph | None = None,
        config: ConfigProto | None = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """Like `session`, but a test gets the same session each time, until it ends.

        Raises:
          ValueError: the session was opened with other arguments.
        """
        arguments = (graph, config, force_gpu)
        if self._cached_session is None:
            self._cached_session = self._open(*arguments)
            self._cached_arguments = arguments
        names = ("graph", "config", "force_gpu value")
        for name, before, now in zip(names, self._cached_arguments, arguments, strict=True):
            if before is not now and before != now:
                raise ValueError(
                    f"The {name} used to get the cached session is different than the one that "
                    "was used to create the session. Maybe create a new session with "
                    "self.session()"
                )
        with _default(self._cached_session, use_gpu, force_gpu):
            yield self._cached_session

    @contextmanager
    def test_session(
        self,
        graph: Graph | None = None,
        config: ConfigProto | None = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """Return `cached_session` without a graph, `session` with one; prefer to name these."""
        use = self.cached_session if graph is None else self.session
        with use(graph, config, use_gpu, force_gpu) as session:
            yield session

    def _open(self, graph: Graph | None, config: ConfigProto | None, force_gpu: bool) -> Session:
        settings = ConfigProto()
        if config is None:
            settings.allow_soft_placement = not force_gpu
        else:
            settings.CopyFrom(config)
            settings.allow_soft_placement &= not force_gpu
        # A test is about the nodes that it makes, not about what becomes of them.
        settings.graph_options.optimizer_options.opt_level = -1
        rewriting = settings.graph_options.rewrite_options
        rewriting.constant_folding = rewriting.OFF
        rewriting.pin_to_host_optimization = rewriting.OFF
        return Session(graph=graph, config=settings)

    def checkedThread(
        self,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> CheckedThread:
        """Return a thread whose errors fail the test; the test must start and join it."""
        thread = CheckedThread(self, target, args or (), kwargs)
        self._threads.append(thread)
        return thread

    def get_temp_dir(self) -> str:
        """Return a directory of this test, the same at each call."""
        if self._temp_dir is None:
            self._temp_dir = make_temp_dir()
        return self._temp_dir

    @contextmanager
    def captureWritesToStream(self, stream: IO[Any]) -> Iterator[CapturedWrites]:
        """Catch what is written to the file descriptor of a stream, by kernels too."""
        stream.flush()
        descriptor = stream.fileno()
        saved = os.dup(descriptor)
        with tempfile.NamedTemporaryFile(dir=self.get_temp_dir(), delete=False) as file:
            os.dup2(file.fileno(), descriptor)
        try:
            yield CapturedWrites(file.name)
        finally:
            stream.flush()
            os.dup2(saved, descriptor)
            os.close(saved)

    @contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[Exception], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """Fail unless an error of a type comes that a predicate accepts.

        Args:
          exception_type: the class of the error.
          expected_err_re_or_predicate: a function of the error; or a regular expression that must
            be found in its message, which for an `OpError` names the operation as well.
        """
        predicate = expected_err_re_or_predicate
        if not callable(predicate):

            def predicate(error: Exception) -> bool:
                return re.search(expected_err_re_or_predicate, _text_of(error)) is not None

        try:
            yield
        except Exception as error:
            if not isinstance(error, exception_type) or not predicate(error):
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
            return
        self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(
        self, expected_err_re_or_predicate: Any
    ) -> AbstractContextManager[None]:
        """Fail unless an `OpError` comes with a message that a regular expression is found in."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)

    def assertRaisesIncompatibleShapesError(
        self, exception_type: type[Exception] = errors.InvalidArgumentError
    ) -> AbstractContextManager[None]:
        """Fail unless an error says that shapes do not fit."""
        texts = "Incompatible shapes|Dimensions must be equal|required broadcastable shapes"
        return self.assertRaisesWithPredicateMatch(exception_type, texts)

    def assertItemsEqual(self, first: Any, second: Any, msg: str | None = None) -> None:
        """Fail unless two collections hold the same items, in whatever order."""
        self.assertCountEqual(first, second, msg)

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fail unless a container is empty."""
        self.assertEqual(len(container), 0, msg or f"{container!r} has length {len(container)}")

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fail if a container is empty."""
        self.assertGreater(len(container), 0, msg or f"{container!r} has length of 0.")

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """Fail unless a text begins with another."""
        if not actual.startswith(expected_start):
            note = "" if msg is None else f" : {msg}"
            self.fail(f"{actual!r} does not start with {expected_start!r}{note}")

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:
        """Fail unless two names (or `DeviceSpec`s) mean the same device."""
        first, second = _canonical(device1), _canonical(device2)
        self.assertEqual(first, second, f"Devices {first} and {second} are not equal. {msg or ''}")

    def assertProtoEquals(
        self,
        expected_message_maybe_ascii: Any,
        message: protobuf_message.Message,
        msg: str | None = None,
    ) -> None:
        """Fail unless two messages are equal.

        Args:
          expected_message_maybe_ascii: a message, or its text.
          message: the message that was made.
          msg: is added to the message of the failure.
        """
        expected = expected_message_maybe_ascii
        if isinstance(expected, (str, bytes)):
            expected = text_format.Merge(expected, type(message)())
        if not isinstance(expected, type(message)):
            self.fail(f"Can't compare protos of type {type(expected)} and {type(message)}.")
        if expected != message:
            texts = [text_format.MessageToString(each) for each in (expected, message)]
            self.assertMultiLineEqual(texts[0], texts[1], msg)
            self.fail(msg or "the messages differ")

    def assertProtoEqualsVersion(
        self,
        expected: str,
        actual: protobuf_message.Message,
        producer: int = GRAPH_DEF_VERSIONS.producer,
        min_consumer: int = GRAPH_DEF_VERSIONS.min_consumer,
        msg: str | None = None,
    ) -> None:
        """Fail unless a message has a text, to which the versions are added."""
        versions = f"versions {{ producer: {producer} min_consumer: {min_consumer} }};"
        self.assertProtoEquals(f"{versions}\n{expected}", actual, msg=msg)


@contextmanager
def _default(session: Session, use_gpu: bool, force_gpu: bool) -> Iterator[None]:
    """Make a session and its graph the default, with the devices that were asked for."""
    device: str | None = None
    if force_gpu:
        device = gpu_device_name() or "/device:GPU:0"
    elif not use_gpu:
        device = "/device:CPU:0"
    with session.graph.as_default(), session.as_default(), get_default_graph().device(device):
        yield


def _text_of(error: Exception) -> str:
    if not isinstance(error, errors.OpError):
        return str(error)
    if error.op is None:
        return str(error.message)
    return f"{error.message}\nCaused by: {error.op.name}"


def _canonical(device: Any) -> str:
    if device is None:
        return ""
    return device_names.canonical(device if isinstance(device, str) else device.to_string())
