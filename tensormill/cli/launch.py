"""`tensormill launch`: run a program as a cluster of processes on this machine."""

import argparse
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from tensormill.cli.command import Command, add_program

_CANNOT_START = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill launch`."""
    parser.add_argument("--ps", type=_count, default=1, metavar="N", help="tasks of the job ps")
    parser.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="tasks of the job worker"
    )
    parser.add_argument(
        "--restarts",
        type=_count,
        default=0,
        metavar="N",
        help="how often a task may start again",
    )
    parser.add_argument(
        "--log-dir", type=Path, metavar="DIR", help="where each task has a log; a new folder"
    )
    parser.add_argument(
        "--flags",
        choices=("auto", "always", "never"),
        default="auto",
        help="pass --job_name, --task_index, --ps_hosts and --worker_hosts: to programs that "
        "define them (auto), or to any",
    )
    add_program(parser, " before the flags")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1000")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Run the job and return its exit code: that of the chief, the first worker."""
    from tensormill.launching import cluster
    from tensormill.launching.job import Job
    from tensormill.launching.launcher import CannotLogError, Launcher, TaskCommand
    from tensormill.launching.ports import NoFreePortError
    from tensormill.launching.view import view_for

    words = options.module if options.module is not None else options.words
    program = _program(words, options.module is not None)
    if program is None:
        return _CANNOT_START
    if options.ps + options.workers == 0:
        print("tensormill launch: there is no task to start", file=sys.stderr)
        return _CANNOT_START
    try:
        sizes = {"ps": options.ps, "worker": options.workers}
        addresses = cluster.LocalAddresses.choose(sizes)
        log_directory = options.log_dir or Path(tempfile.mkdtemp(prefix="tensormill-logs-"))
    except (NoFreePortError, OSError) as error:
        print(f"tensormill launch: {error}", file=sys.stderr)
        return _CANNOT_START
    tasks = addresses.tasks()
    flags = tuple(cluster.flags_for(addresses, tasks[0]))
    wanted = cluster.flags_that(program, flags) if options.flags == "auto" else set(flags)
    if options.flags == "never":
        wanted = set()
    prefix = ["run", "-m"] if options.module is not None else ["run"]
    commands = {}
    for task in tasks:
        given = cluster.flags_for(addresses, task)
        passed = [f"--{name}={value}" for name, value in given.items() if name in wanted]
        environment = {**os.environ, "TF_CONFIG": cluster.tf_config(addresses, task)}
        commands[task] = TaskCommand([*prefix, *words, *passed], environment)
    chief = next((task for task in tasks if task.job == "worker"), None)
    view = view_for(sys.stdout, chief, os.environ.get("TERM"))
    view.say(f"{len(tasks)} task{'s' * (len(tasks) > 1)}, logs in {log_directory}")
    try:
        return Launcher(Job(tasks, chief, options.restarts), commands, log_directory, view).run()
    except CannotLogError as error:
        print(f"tensormill launch: {error}", file=sys.stderr)
        return _CANNOT_START


def _program(words: list[str], is_module: bool) -> Path | None:
    """Return the file of the program; None, after saying why, where there is none."""
    if not words:
        print("tensormill launch: name a script, or a module after -m", file=sys.stderr)
        return None
    if not is_module:
        path = Path(words[0])
        if path.is_dir():
            path = path / "__main__.py"
        if path.is_file():
            return path
        print(f"tensormill launch: there is no file '{words[0]}'", file=sys.stderr)
        return None
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(words[0])
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{words[0]}.__main__")
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        print(f"tensormill launch: no module named '{words[0]}'", file=sys.stderr)
        return None
    return Path(spec.origin)


COMMAND = Command(
    "launch", "run a program as a cluster of processes on this machine", configure, run, True
)
