"""Public names that programs note on their functions and classes."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tensormill.tensorflow_modules import exported_names as names


def test_names_are_noted_on_a_symbol() -> None:
    @names.tf_export("new.name", "other", v1=["old.name"])
    def function() -> int:
        return 3

    assert function() == 3
    assert names.get_v2_names(function) == ["new.name", "other"]
    assert names.get_v1_names(function) == ["old.name"]
    assert names.get_canonical_name_for_symbol(function) == "new.name"
    function._tf_deprecated_api_names = ["new.name"]  # type: ignore[attr-defined]
    assert names.get_canonical_name_for_symbol(function) == "other"


def test_names_of_the_first_version_alone_have_a_prefix_on_request() -> None:
    @names.tf_export(v1=["old"])
    class Old:
        pass

    assert names.get_canonical_name_for_symbol(Old) == "old"
    assert names.get_canonical_name_for_symbol(Old, add_prefix_to_v1_names=True) == "compat.v1.old"
    assert names.get_canonical_name_for_symbol(test_names_are_noted_on_a_symbol) is None
    assert names.get_canonical_name_for_symbol(5) is None
    assert names.get_v1_names(5) == []


def test_a_symbol_is_exported_once_unless_it_is_overridden() -> None:
    @names.tf_export("a")
    def first() -> None: ...

    with pytest.raises(names.SymbolAlreadyExposedError, match="first is already exposed as"):
        names.tf_export("b")(first)
    names.tf_export("b", allow_multiple_exports=True)(first)
    assert names.get_v2_names(first) == ["b"]

    @names.tf_export("b", overrides=[first])
    def second() -> None: ...

    assert names.get_v2_names(first) == []
    assert names.get_v2_names(second) == ["b"]


def test_packages_export_under_their_own_names() -> None:
    with pytest.raises(names.InvalidSymbolNameError, match="under estimator"):
        names.tf_export("estimator.x")
    with pytest.raises(names.InvalidSymbolNameError, match="package name of component"):
        names.keras_export("x")
    names.estimator_export("estimator.x")
    with pytest.raises(ValueError, match='passed a "v2" argument'):
        names.tf_export("x", v2=["y"])


def test_constants_are_noted_on_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("module_of_constants")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names.tf_export("LIMIT", v1=["OLD_LIMIT"]).export_constant(module.__name__, "limit")
    assert names.get_v2_constants(module) == [(("LIMIT",), "limit")]
    assert names.get_v1_constants(module) == [(["OLD_LIMIT"], "limit")]
