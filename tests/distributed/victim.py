"""A client that dies at a bad moment."""

from __future__ import annotations

from typing import Any

import tensormill as tf
from tensormill.proto.services import MASTER_SERVICE
from tests.clusters import direct_connection, over_wire
from tests.gates import wait_until

RUN_STEP = MASTER_SERVICE.methods["RunStep"].path


class Victim:
    """A client that gets answers, and dies before its program sees them."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._session = tf.Session(server.target, config=over_wire())
        self._channel = self._session._master_session._client._channel
        direct_connection(self._session)

    def run(self, fetch: Any) -> Any:
        """Run a step as a program does."""
        return self._session.run(fetch)

    def take(self, fetches: list[Any]) -> None:
        """Run a step, of whose answer the program does not hear."""
        step = self._session._master_session.prepare([], fetches, [])
        self._channel.unary_unary(RUN_STEP).with_call(step._writer.write([]))

    def begin(self, fetches: list[Any]) -> None:
        """Begin a step that waits."""
        step = self._session._master_session.prepare([], fetches, [])
        request = step._writer.write([])
        self._channel.direct().start(RUN_STEP, request, lambda outcome: None)

    def die(self) -> None:
        """End the connection as the system does, and see that the server has noticed."""
        service = self._server._task._master_service
        count = service.session_count
        self._channel.direct()._frames.shut_down()
        wait_until(lambda: service.session_count < count)
        self._session.close()
