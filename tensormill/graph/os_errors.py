"""What the operating system says of a file, as TensorFlow's errors."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tensormill.graph import errors

__all__ = ["tensorflow_errors"]

_EXHAUSTED: Final = frozenset(
    [errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EMLINK]
)
_INVALID: Final = frozenset([errno.EINVAL, errno.ENAMETOOLONG])


@contextmanager
def tensorflow_errors(path: str | None = None) -> Iterator[None]:
    """Raise TensorFlow's errors in place of those of the operating system.

    Args:
      path: the file to name; by default that which the error names.
    """
    try:
        yield
    except OSError as error:
        where = error.filename if path is None else path
        raise _kind(error)(f"{where}; {error.strerror or error}") from error


def _kind(error: OSError) -> Callable[[str], errors.OpError]:
    for theirs, ours in (
        (FileNotFoundError, errors.not_found),
        (FileExistsError, errors.already_exists),
        (PermissionError, errors.permission_denied),
        (IsADirectoryError, errors.failed_precondition),
        (NotADirectoryError, errors.failed_precondition),
    ):
        if isinstance(error, theirs):
            return ours
    if error.errno in _EXHAUSTED:
        return errors.resource_exhausted
    if error.errno in _INVALID:
        return errors.invalid_argument
    return errors.unknown
