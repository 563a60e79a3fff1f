"""`tensormill status`: how the tasks of a cluster are."""

import argparse
import json
import sys
import threading
from typing import Any

import tensormill
from tensormill.cli.command import Command
from tensormill.graph.errors import OpError

_WATCH_S = 2.0
_CLEAR_SCREEN = "\x1b[H\x1b[2J"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill status`."""
    parser.add_argument("target", help="a server of the cluster: grpc://host:port")
    parser.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=_WATCH_S,
        metavar="SECONDS",
        help="repeat, every 2 seconds if nothing else is said, until Ctrl-C",
    )
    parser.add_argument("--timeout", type=float, default=2.0, metavar="SECONDS", help="for a task")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a task and line")
    form.add_argument("--metrics", action="store_true", help="in the text format of Prometheus")
    form.add_argument(
        "--serve-metrics",
        metavar="[HOST:]PORT",
        help="serve the metrics over HTTP at /metrics until Ctrl-C; HOST is 127.0.0.1 by default",
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0.0:
        raise argparse.ArgumentTypeError(f"{text} is no time to wait")
    return seconds


def run(options: argparse.Namespace) -> int:
    """Print the status; the exit status is 1 where a task is missing or nothing can be asked."""
    if options.serve_metrics:
        return _serve(options)
    while True:
        status = _ask(options)
        if options.watch is None:
            return 1 if status is None or status.missing else 0
        sys.stdout.flush()
        threading.Event().wait(options.watch)


def _ask(options: argparse.Namespace) -> Any:
    try:
        status = tensormill.cluster_status(options.target, options.timeout)
    except OpError as error:
        print(error, file=sys.stderr)
        return None
    if options.json:
        for report in status.reports:
            print(json.dumps(_plain(report)))
    elif options.metrics:
        print(status.metrics(), end="")
    else:
        if options.watch is not None and sys.stdout.isatty():
            print(_CLEAR_SCREEN, end="")
        print(status)
    return status


def _plain(message: Any) -> Any:
    """Return a message as what JSON can say."""
    if not hasattr(message, "DESCRIPTOR"):
        return message
    made = {}
    for field, value in message.ListFields():
        many = getattr(field, "is_repeated", None)
        if many is None:
            many = field.label == field.LABEL_REPEATED
        made[field.name] = [_plain(item) for item in value] if many else _plain(value)
    return made


def _serve(options: argparse.Namespace) -> int:
    import http.server  # which takes longer to load than most commands to run

    host, _, port = options.serve_metrics.rpartition(":")
    if not port.isdecimal():
        print(f"{options.serve_metrics!r} is no port", file=sys.stderr)
        return 2

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is that of the library
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            try:
                text = tensormill.cluster_status(options.target, options.timeout).metrics()
            except OpError as error:
                self.send_error(503, explain=str(error))
                return
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Write nothing for a request that was answered."""

    try:
        server = http.server.ThreadingHTTPServer((host or "127.0.0.1", int(port)), Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        print(f"{options.serve_metrics} cannot be listened at: {reason}", file=sys.stderr)
        return 2
    with server:
        address = "{}:{}".format(*server.server_address[:2])
        print(f"metrics of {options.target} at http://{address}/metrics", flush=True)
        server.serve_forever()
    return 0


COMMAND = Command(
    "status", "show the tasks, sessions, steps and resources of a cluster", configure, run
)
