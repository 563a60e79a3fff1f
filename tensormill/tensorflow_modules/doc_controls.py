"""`tensorflow.tools.docs.doc_controls`: decorators that say what documentation leaves out.

They mark what they get and return it.

Source: TensorFlow 1.15, tools/docs/doc_controls.py.
"""

from __future__ import annotations

from typing import Any

__all__ = ["do_not_doc_inheritable", "do_not_generate_docs", "for_subclass_implementers"]


def do_not_generate_docs(obj: Any) -> Any:
    """Mark an object as one that is not documented."""
    obj._tf_docs_do_not_document = None
    return obj


def do_not_doc_inheritable(obj: Any) -> Any:
    """Mark a method as one that is not documented, nor where it is overridden."""
    obj._tf_docs_do_not_doc_inheritable = None
    return obj


def for_subclass_implementers(obj: Any) -> Any:
    """Mark a method as one that is documented only where it is defined."""
    obj._tf_docs_tools_for_subclass_implementers = None
    return obj
