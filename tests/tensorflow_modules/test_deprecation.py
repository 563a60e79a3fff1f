"""Functions that warn of what will go away."""

import logging

import pytest

from tensormill.tensorflow_modules import deprecation


@pytest.fixture
def warnings_given(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given: list[str] = []
    monkeypatch.setattr(
        deprecation.tf_logging, "warning", lambda text, *args: given.append(text % args)
    )
    return given


def test_a_deprecated_function_warns_once_and_says_so_in_its_docstring(
    warnings_given: list[str],
) -> None:
    @deprecation.deprecated("2016-07-04", "Use the other.")
    def old(x: int) -> int:
        """Return it.

        Really.
        """
        return x

    assert [old(3), old(4)] == [3, 4]
    (warning,) = warnings_given
    assert "test_deprecation.py" in warning
    assert warning.endswith(
        "is deprecated and will be removed after 2016-07-04.\nInstructions for updating:\n"
        "Use the other."
    )
    assert old.__doc__ == (
        "Return it. (deprecated)\n\nWarning: THIS FUNCTION IS DEPRECATED. It will be removed after "
        "2016-07-04.\nInstructions for updating:\nUse the other.\n\nReally."
    )


def test_only_the_arguments_that_go_away_warn(warnings_given: list[str]) -> None:
    @deprecation.deprecated_args(None, "Leave it out.", "old", ("kept", None), warn_once=False)
    def call(x: int, old: int = 0, kept: object = None) -> int:
        return x + old

    assert call(1) == 1
    assert call(1, kept=None) == 1
    assert not warnings_given
    assert call(1, 2) == 3
    assert call(1, kept=5) == 1
    assert ["with old is" in warnings_given[0], "with kept is" in warnings_given[1]] == [True, True]
    assert "SOME ARGUMENTS ARE DEPRECATED: `(kept, old)`" in str(call.__doc__)
    with pytest.raises(ValueError, match="not present in the function signature"):
        deprecation.deprecated_args(None, "No.", "nothing")(lambda x: x)


def test_only_the_values_that_go_away_warn(warnings_given: list[str]) -> None:
    @deprecation.deprecated_arg_values("2016-07-04", "Say no.", flag=True)
    def call(flag: bool = False) -> bool:
        return flag

    call(False)
    with deprecation.silence():
        call(True)
    assert not warnings_given
    call(True)
    call(flag=True)
    assert len(warnings_given) == 1
    assert "with flag=True is deprecated" in warnings_given[0]


def test_old_names_warn(warnings_given: list[str]) -> None:
    class New:
        """A class."""

        def __init__(self, x: int) -> None:
            self.x = x

    old = deprecation.deprecated_alias("a.Old", "a.New", New)
    assert old(3).x == 3
    assert isinstance(old(3), New)
    assert deprecation.deprecated_alias("a.f", "a.g", lambda x: -x)(2) == -2
    assert ["a.Old" in warnings_given[0], "a.f" in warnings_given[1]] == [True, True]


@pytest.mark.parametrize(
    ("date", "instructions", "message"),
    [("07-04-2016", "x", "YYYY-MM-DD"), ("2016-07-04", "", "without conversion instructions")],
)
def test_dates_and_instructions_are_checked(date: str, instructions: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deprecation.deprecated(date, instructions)
    with pytest.raises(ValueError, match="is not a function"):
        deprecation.deprecated(None, "x")(property(logging.info))
