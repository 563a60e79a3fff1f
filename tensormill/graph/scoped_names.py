"""Names of graph elements with the scope of an export taken off, or that of an import put on."""

from __future__ import annotations

import re

__all__ = ["prepend_name_scope", "strip_name_scope"]


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """Return `name` (of a node, tensor, or `loc:@` group) without the scope that is exported."""
    if not export_scope:
        return name
    scope = re.escape(export_scope.rstrip("/"))
    return re.sub(rf"(\^|loc:@|^){scope}/+(.*)", r"\1\2", _text(name), count=1)


def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """Return `name` (of a node, a tensor, or a `loc:@` group) inside the scope of an import."""
    if not import_scope:
        return name
    # A scope may begin with a digit, which would belong to the number of a group.
    return re.sub(r"(\^|loc:@|^)", rf"\g<1>{import_scope.rstrip('/')}/", _text(name), count=1)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
