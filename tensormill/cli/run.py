"""`tensormill run`: run a program for TensorFlow 1 on tensormill."""

import argparse
import builtins
import importlib.util
import io
import os
import sys
import types
from typing import Any

from tensormill.cli.command import Command, add_program

_FAILED = 1
_CANNOT_START = 2
# What a shell reports of a command that Ctrl-C ended.
_INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill run`."""
    add_program(parser)


class _CannotStartError(Exception):
    """The program is not there, or is not Python."""


def run(options: argparse.Namespace) -> int:
    """Run the program as `python` would, with `tensorflow` meaning tensormill.

    Raises:
      SystemExit: the program ends with it.
    """
    words = options.module if options.module is not None else options.words
    if not words:
        print("tensormill run: name a script, or a module after -m", file=sys.stderr)
        return _CANNOT_START
    make_tensorflow_importable()
    try:
        load = _load_module if options.module is not None else _load_script
        code, main_module = load(words)
    except _CannotStartError as error:
        print(f"tensormill run: {error}", file=sys.stderr)
        return _CANNOT_START
    except SyntaxError as error:
        sys.excepthook(type(error), error, None)
        return _FAILED
    sys.modules["__main__"] = main_module
    try:
        exec(code, main_module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  (it is the program's own)
        traceback = error.__traceback__
        # The first frame is this function.
        error.__traceback__ = None if traceback is None else traceback.tb_next
        _leave_lookup_out(error)
        sys.excepthook(type(error), error, error.__traceback__)
        return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else _FAILED
    return 0


def _leave_lookup_out(error: BaseException | None) -> None:
    """Let the tracebacks of an error, and of those it came from, end where a name was used.

    Names of `tensorflow` are looked up by functions, whose frames follow where a name is missing.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    lookup = (os.path.join(package, "tensorflow_modules", ""), os.path.join(package, "__init__.py"))
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frame, last = error.__traceback__, None
        while frame is not None:
            if not frame.tb_frame.f_code.co_filename.startswith(lookup):
                last = frame
            frame = frame.tb_next
        if last is not None:
            last.tb_next = None
        error = error.__cause__ or error.__context__


def make_tensorflow_importable() -> None:
    """Let `import tensorflow` mean tensormill, here and in Python processes started from here."""
    from tensormill.tensorflow_modules import finder

    finder.install_as_tensorflow()
    folder = os.path.join(os.path.dirname(finder.__file__), "import_path")
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if folder not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *paths])
        sys.path.append(folder)  # `multiprocessing` hands its processes this list


def _load_script(words: list[str]) -> tuple[Any, types.ModuleType]:
    """Return the code of a file, or of the `__main__.py` of a folder, and its module."""
    path = words[0]
    if os.path.isdir(path):
        sys.path[0] = path
        path = os.path.join(path, "__main__.py")
    else:
        # As `python script.py` has it.
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    try:
        with io.open_code(os.path.abspath(path)) as file:
            source = file.read()
    except OSError as error:
        raise _CannotStartError(f"can't open file '{path}': {error.strerror}") from None
    sys.argv[:] = words
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except ValueError as error:
        raise _CannotStartError(f"'{path}' is not a Python program: {error}") from None
    return code, _main_module(path, None)


def _load_module(words: list[str]) -> tuple[Any, types.ModuleType]:
    """Return the code of a module, or of the `__main__` of a package, and its module."""
    name = words[0]
    sys.path[0] = os.getcwd()
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name = f"{name}.__main__"
            spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise _CannotStartError(f"No module named {words[0]!r} ({error})") from None
    get_code = getattr(spec and spec.loader, "get_code", None)
    code = None if get_code is None else get_code(name)
    if spec is None or code is None:
        raise _CannotStartError(f"No module named {name!r}")
    sys.argv[:] = [spec.origin or name, *words[1:]]
    return code, _main_module(spec.origin, spec)


def _main_module(path: str | None, spec: Any) -> types.ModuleType:
    module = types.ModuleType("__main__")
    module.__dict__.update(
        __builtins__=builtins,
        __file__=path,
        __spec__=spec,
        __package__=None if spec is None else spec.parent,
        __loader__=None if spec is None else spec.loader,
    )
    return module


COMMAND = Command("run", "run a program for TensorFlow 1 on tensormill", configure, run, True)
