"""`tf.flags` and `tf.app`."""

from __future__ import annotations

from typing import Any

import pytest
from absl import flags as absl_flags

import tensormill as tf
from tensormill.platform import flags
from tensormill.platform.flags import FlagValues


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> FlagValues:
    """Flags of this test alone."""
    values = FlagValues()
    flags.DEFINE_string("name", "nobody", "who", flag_values=values)
    flags.DEFINE_integer("count", 3, "how many", flag_values=values)
    flags.DEFINE_float("rate", None, "how fast", flag_values=values)
    flags.DEFINE_boolean("loud", False, "how loud", flag_values=values)
    flags.DEFINE_list("hosts", ["a"], "where", flag_values=values)
    flags.DEFINE_enum("kind", "x", ["x", "y"], "which", flag_values=values)
    flags.DEFINE_multi_integer("step", [1], "when", flag_values=values)
    return values


def test_flags_have_defaults(values: FlagValues) -> None:
    assert values(["prog"]) == ["prog"]
    assert values.flag_values_dict() == {
        "name": "nobody",
        "count": 3,
        "rate": None,
        "loud": False,
        "hosts": ["a"],
        "kind": "x",
        "step": [1],
    }


def test_flags_are_read_from_the_command_line(values: FlagValues) -> None:
    rest = values(
        "prog --name=me one -count 7 --rate 0.5 --loud --hosts=a,b two --kind=y --step=1 --step=2 "
        "-- --name=other".split()
    )
    assert rest == ["prog", "one", "two", "--name=other"]
    assert (values.name, values.count, values.rate, values.loud) == ("me", 7, 0.5, True)
    assert (values.hosts, values.kind, values.step) == (["a", "b"], "y", [1, 2])


@pytest.mark.parametrize(
    ("word", "value"),
    [("--loud", True), ("--noloud", False), ("--loud=false", False), ("--loud=1", True)],
)
def test_a_boolean_flag_has_several_forms(values: FlagValues, word: str, value: bool) -> None:
    values(["prog", word])
    assert values.loud is value


@pytest.mark.parametrize(
    "word", ["--count=x", "--rate=fast", "--loud=maybe", "--kind=z", "--count=1.5"]
)
def test_a_wrong_value_is_refused(values: FlagValues, word: str) -> None:
    with pytest.raises(flags.IllegalFlagValueError):
        values(["prog", word])


def test_an_unknown_flag_is_refused_or_left(values: FlagValues) -> None:
    with pytest.raises(flags.UnrecognizedFlagError, match="Unknown command line flag 'nope'"):
        values(["prog", "--nope=3"])
    assert values(["prog", "--nope=3", "--noname"], known_only=True) == [
        "prog",
        "--nope=3",
        "--noname",
    ]


def test_a_missing_value_is_refused(values: FlagValues) -> None:
    with pytest.raises(flags.Error, match="Missing value for flag --count"):
        values(["prog", "--count"])


def test_a_flag_is_defined_once(values: FlagValues) -> None:
    with pytest.raises(flags.DuplicateFlagError):
        flags.DEFINE_string("name", "", "", flag_values=values)


def test_required_flags_and_validators(values: FlagValues) -> None:
    flags.mark_flag_as_required("rate", values)
    with pytest.raises(flags.IllegalFlagValueError, match="must have a value other than None"):
        values(["prog"])
    flags.register_validator("count", lambda count: count > 0, "must be positive", values)
    with pytest.raises(flags.IllegalFlagValueError, match="must be positive"):
        values(["prog", "--rate=1", "--count=0"])
    assert values(["prog", "--rate=1", "--count=1"]) == ["prog"]


def test_flags_may_be_set_and_asked_for(values: FlagValues) -> None:
    values(["prog"])
    values.count = 9
    assert values.count == 9
    assert "count" in values
    assert "count" in dir(values)
    assert "how many" in values.get_help()
    with pytest.raises(AttributeError):
        _ = values.nope
    with pytest.raises(flags.UnrecognizedFlagError):
        values.nope = 3
    with pytest.raises(AttributeError):
        del values.nope
    del values.count
    assert "count" not in values


def test_the_command_line_of_the_process_is_parsed_when_a_flag_is_read(
    values: FlagValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["prog", "--count=5", "word"])
    wrapped = flags._FlagValues(values)
    assert not wrapped.is_parsed()
    with pytest.raises(flags.UnparsedFlagAccessError):
        _ = values.count
    assert wrapped.count == 5
    assert wrapped.is_parsed()
    wrapped.count = 6
    assert (values.count, wrapped["count"].value, len(wrapped)) == (6, 6, len(values))
    with pytest.raises(AttributeError):
        _ = wrapped.nope


def test_flags_of_absl_are_those_of_tf() -> None:
    absl_flags.DEFINE_string("tensormill_test_flag", "a", "")
    try:
        assert "tensormill_test_flag" in tf.flags.FLAGS
        with pytest.raises(tf.flags.DuplicateFlagError):
            tf.app.flags.DEFINE_string("tensormill_test_flag", "b", "")
        assert isinstance(tf.flags.FLAGS, absl_flags.FlagValues)
    finally:
        delattr(absl_flags.FLAGS, "tensormill_test_flag")


def test_old_names_of_arguments_work() -> None:
    values = FlagValues()
    flags.DEFINE_integer(flag_name="n", default_value=3, docstring="d", flag_values=values)
    values(["prog"])
    assert values.n == 3


def test_run_calls_main_with_the_rest_and_exits_with_its_result() -> None:
    seen: list[Any] = []

    def main(argv: list[str]) -> int:
        seen.append(argv)
        return 7

    with pytest.raises(SystemExit) as exit_info:
        tf.app.run(main, ["prog", "word"])
    assert exit_info.value.code == 7
    assert seen == [["prog", "word"]]
    assert tf.app.flags is tf.flags


def test_run_leaves_unknown_flags_to_main() -> None:
    seen: list[Any] = []
    with pytest.raises(SystemExit):
        tf.app.run(seen.append, ["prog", "--not_defined=1", "word"])
    assert seen == [["prog", "--not_defined=1", "word"]]


def test_run_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        tf.app.run(lambda argv: 0, ["prog", "--helpfull"])
    assert exit_info.value.code == 1
    assert "--[no]only_check_args" in capsys.readouterr().out
