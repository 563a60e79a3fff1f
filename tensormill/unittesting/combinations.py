"""Tests that run once for each combination of arguments.

`combine` and `times` make the combinations, `generate` a test method for each. What a test takes
besides them, and whether it runs at all, `TestCombination`s say: `EagerGraphCombination` for the
argument `mode`, `TFVersionCombination` for `tf_api_version`. Tests here run as graphs of TensorFlow
1; the combinations for anything else are skipped.

Source: TensorFlow 1.15, python/framework/test_combinations.py and combinations.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar

from absl.testing import parameterized

from tensormill.graph.graph import Graph

__all__ = [
    "EagerGraphCombination",
    "NamedObject",
    "OptionalParameter",
    "ParameterModifier",
    "TFVersionCombination",
    "TestCombination",
    "combine",
    "generate",
    "generate_with",
    "times",
]

Combination = dict[str, Any]

_ADDRESS = re.compile("0[xX][0-9a-fA-F]+")


class ParameterModifier:
    """Changes arguments of a test before it gets them.

    Two modifiers of one class count as one if they are for the same parameter.
    """

    DO_NOT_PASS_TO_THE_TEST: ClassVar[object] = object()

    def __init__(self, parameter_name: str | None = None) -> None:
        self._parameter_name = parameter_name

    def modified_arguments(
        self, kwargs: Combination, requested_parameters: Sequence[str]
    ) -> Combination:
        """Return the arguments that change; `DO_NOT_PASS_TO_THE_TEST` stands for none.

        Args:
          kwargs: the arguments of the combination.
          requested_parameters: the parameters of the test.
        """
        return {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParameterModifier):
            return NotImplemented
        if self is other:
            return True
        return type(self) is type(other) and self._parameter_name == other._parameter_name

    def __hash__(self) -> int:
        return hash(self._parameter_name) if self._parameter_name else id(type(self))


class OptionalParameter(ParameterModifier):
    """An argument that a test gets only if it asks for it."""

    def modified_arguments(
        self, kwargs: Combination, requested_parameters: Sequence[str]
    ) -> Combination:
        """Return nothing where the test has the parameter, else that it is not passed."""
        if self._parameter_name is None or self._parameter_name in requested_parameters:
            return {}
        return {self._parameter_name: ParameterModifier.DO_NOT_PASS_TO_THE_TEST}


class TestCombination:
    """Says how the tests of a combination run."""

    def should_execute_combination(self, kwargs: Combination) -> tuple[bool, str | None]:
        """Return whether a combination runs, and why not."""
        return True, None

    def parameter_modifiers(self) -> list[ParameterModifier]:
        """Return what changes the arguments."""
        return []

    def context_managers(self, kwargs: Combination) -> list[AbstractContextManager[Any]]:
        """Return the contexts in which the test runs."""
        return []


class EagerGraphCombination(TestCombination):
    """`mode` is "graph", which is the default, or "eager", which is skipped."""

    def should_execute_combination(self, kwargs: Combination) -> tuple[bool, str | None]:
        """Return False for what is executed eagerly."""
        if kwargs.get("mode") == "eager":
            return False, "There is no eager execution."
        return True, None

    def parameter_modifiers(self) -> list[ParameterModifier]:
        """Return that `mode` is optional."""
        return [OptionalParameter("mode")]

    def context_managers(self, kwargs: Combination) -> list[AbstractContextManager[Any]]:
        """Return an empty graph that is the default.

        Raises:
          ValueError: the mode is unknown.
        """
        mode = kwargs.get("mode", "graph")
        if mode != "graph":
            raise ValueError(f"'mode' has to be either 'eager' or 'graph' and not {mode}")
        return [Graph().as_default()]


class TFVersionCombination(TestCombination):
    """`tf_api_version` is 1, or 2, which is skipped."""

    def should_execute_combination(self, kwargs: Combination) -> tuple[bool, str | None]:
        """Return False for TensorFlow 2."""
        if kwargs.get("tf_api_version") == 2:
            return False, "Skipping a TF2 test when TF2 is not enabled."
        return True, None

    def parameter_modifiers(self) -> list[ParameterModifier]:
        """Return that `tf_api_version` is optional."""
        return [OptionalParameter("tf_api_version")]


class NamedObject:
    """An object with a name that is good in the name of a test."""

    def __init__(self, name: str, obj: Any) -> None:
        self._name = name
        self._obj = obj

    def __getattr__(self, name: str) -> Any:
        return getattr(self._obj, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object."""
        return self._obj(*args, **kwargs)

    def __repr__(self) -> str:
        return self._name


def combine(**kwargs: Any) -> list[Combination]:
    """Return every combination of options: a list stands for its items, the rest for itself."""
    names = sorted(kwargs)
    choices = [kwargs[name] if isinstance(kwargs[name], list) else [kwargs[name]] for name in names]
    return [OrderedDict(zip(names, chosen, strict=True)) for chosen in itertools.product(*choices)]


def times(*combined: list[Combination]) -> list[Combination]:
    """Return every way to join a combination of each list.

    Raises:
      ValueError: two lists have an option in common.
    """
    joined = []
    for parts in itertools.product(*combined):
        whole: Combination = OrderedDict()
        for part in parts:
            if whole.keys() & part.keys():
                raise ValueError(
                    f"Keys need to not overlap: {list(whole.keys())} vs {list(part.keys())}"
                )
            whole.update(part)
        joined.append(whole)
    return joined


def generate_with(
    combinations: list[Combination], test_combinations: Sequence[TestCombination] = ()
) -> Callable[[Any], Any]:
    """Return a decorator that makes a test for each combination.

    It decorates a method of a `parameterized.TestCase`, or the class, for all its tests.

    Args:
      combinations: what `combine` and `times` return.
      test_combinations: how the tests run.
    """
    named = [
        OrderedDict([*combination.items(), ("testcase_name", f"_test{_name_of(combination)}")])
        for combination in combinations
    ]

    def decorator(test: Any) -> Any:
        if not isinstance(test, type):
            return parameterized.named_parameters(*named)(_with_arguments(test, test_combinations))
        for name, method in list(vars(test).items()):
            if name.startswith("test") and inspect.isfunction(method):
                setattr(test, name, _with_arguments(method, test_combinations))
        return parameterized.named_parameters(*named)(test)

    return decorator


generate = functools.partial(
    generate_with, test_combinations=(EagerGraphCombination(), TFVersionCombination())
)


def _name_of(combination: Combination) -> str:
    parts = []
    for index, (key, value) in enumerate(combination.items()):
        text = _ADDRESS.sub(str(index), str(value))
        parts += [key, text]
    return "".join("_" + "".join(filter(str.isalnum, part)) for part in parts)


def _with_arguments(
    method: Callable[..., Any], test_combinations: Sequence[TestCombination]
) -> Callable[..., Any]:
    """Return a test that takes the arguments of a combination, and runs as those say."""
    requested = inspect.getfullargspec(method).args

    @functools.wraps(method)
    def decorated(self: Any, **kwargs: Any) -> None:
        verdicts = [each.should_execute_combination(dict(kwargs)) for each in test_combinations]
        reasons = [f" - {reason}" for runs, reason in verdicts if not runs]
        if reasons:
            self.skipTest("\n".join(reasons))
        modifiers = {m for each in test_combinations for m in each.parameter_modifiers()}
        arguments = _modified(kwargs, modifiers, requested)
        with ExitStack() as contexts:
            for each in test_combinations:
                for context in each.context_managers(dict(kwargs)):
                    contexts.enter_context(context)
            method(self, **arguments)

    return decorated


def _modified(
    kwargs: Combination, modifiers: set[ParameterModifier], requested: Sequence[str]
) -> Combination:
    arguments = dict(kwargs)
    for modifier in modifiers:
        for name, value in modifier.modified_arguments(dict(kwargs), requested).items():
            if value is ParameterModifier.DO_NOT_PASS_TO_THE_TEST:
                arguments.pop(name, None)
            else:
                arguments[name] = value
    lacking = set(requested) - arguments.keys() - {"self"}
    if lacking:
        raise ValueError(
            f"The test requires parameters whose arguments were not passed: {lacking} ."
        )
    unwanted = arguments.keys() - set(requested)
    if unwanted:
        raise ValueError(f"The test does not take parameters that were passed : {unwanted} .")
    return arguments
