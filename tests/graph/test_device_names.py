"""Device names. Answers of TensorFlow 2.21 (compat.v1) are recorded here as data."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensormill.graph.device_names import (
    DeviceName,
    DeviceNameError,
    DeviceSpec,
    canonical,
    is_full,
    matches,
    merge_device_scopes,
    merge_for_colocation,
    parse_device_name,
)
from tensormill.graph.errors import INVALID_ARGUMENT, InvalidArgumentError

DEVICE_NAMES = st.builds(
    DeviceName,
    job=st.sampled_from([None, "ps", "worker"]),
    replica=st.sampled_from([None, 0, 1]),
    task=st.sampled_from([None, 0, 12]),
    type=st.sampled_from([None, "CPU", "GPU"]),
    index=st.sampled_from([None, 0, 3]),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("/", ""),
        ("/cpu:0", "/device:CPU:0"),
        ("/GPU:1", "/device:GPU:1"),
        ("/tpu:0", "/device:TPU:0"),
        ("cpu", "/device:CPU:*"),
        ("/CPU", "/device:CPU:*"),
        ("/gpu:*", "/device:GPU:*"),
        ("/device:CPU", "/device:CPU:*"),
        ("/device:CPU:*", "/device:CPU:*"),
        ("/device:cpu:0", "/device:CPU:0"),
        ("/device:My_Type1:0", "/device:My_Type1:0"),
        ("/device:*:0", "/device:*:0"),
        ("/device:*:*", ""),
        ("/job:ps/task:0", "/job:ps/task:0"),
        ("/task:0/job:ps/cpu:1", "/job:ps/task:0/device:CPU:1"),
        ("/job:*/task:*/replica:*", ""),
        ("///job:a//", "/job:a"),
        ("/job:a/job:b", "/job:b"),
        ("/task:007", "/task:7"),
        ("/job:a_b1/replica:0/task:3/cpu:0", "/job:a_b1/replica:0/task:3/device:CPU:0"),
    ],
)
def test_every_way_to_write_a_device_has_one_canonical_spelling(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/bogus", "Unknown attribute 'bogus'"),
        ("/xpu:0", "Unknown attribute 'xpu'"),
        ("/job:a:b", "Unknown attribute 'job'"),
        ("/device:CPU:0:1", "Unknown attribute 'device'"),
        ("/:0", "Unknown attribute ''"),
        ("/cpu:0/gpu:0", "Multiple device types are not allowed"),
        ("/job:my-job", "'my-job' is no job name"),
        ("/job:1a", "'1a' is no job name"),
        ("/job:", "'' is no job name"),
        ("/job:a b", "'a b' is no job name"),
        ("/job:é", "'é' is no job name"),
        ("/device:1x:0", "'1x' is no device type"),
        ("/cpu:", "'' is no device number"),
        ("/cpu:-1", "'-1' is no device number"),
        ("/cpu:0x", "'0x' is no device number"),
        ("/task:one", "'one' is no task number"),
        ("/replica:1.5", "'1.5' is no replica number"),
        ("/cpu:٣", "'٣' is no device number"),
        ("/job:a/task:0/device:CPU:0 ", "'0 ' is no device number"),
    ],
)
def test_a_malformed_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(DeviceNameError) as caught:
        parse_device_name(text)
    assert caught.value.message == f"Malformed device specification '{text}': {reason}"
    assert "/job:ps/task:0/device:CPU:0" in str(caught.value)


def test_a_malformed_name_is_both_errors_that_tensorflow_raises() -> None:
    with pytest.raises(ValueError):
        canonical("/bogus")
    with pytest.raises(InvalidArgumentError) as caught:
        canonical("/bogus")
    assert caught.value.error_code == INVALID_ARGUMENT
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert type(again) is DeviceNameError


def test_parsing_gives_the_parts_and_none_for_what_is_open() -> None:
    assert parse_device_name("/job:ps/task:1/gpu:*") == DeviceName("ps", None, 1, "GPU", None)


@given(DEVICE_NAMES)
def test_a_printed_name_parses_to_itself(name: DeviceName) -> None:
    assert parse_device_name(str(name)) == name


def test_a_name_is_full_only_with_all_five_parts() -> None:
    assert is_full("/job:a/replica:0/task:0/device:CPU:0")
    assert not is_full("/job:a/task:0/device:CPU:0")
    assert not is_full("/job:a/replica:0/task:0/device:CPU:*")
    assert not is_full("")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", True),
        ("/job:ps", True),
        ("/task:1", True),
        ("/gpu:*", True),
        ("/job:ps/replica:0/task:1/gpu:2", True),
        ("/job:worker", False),
        ("/replica:1", False),
        ("/task:0", False),
        ("/cpu:2", False),
        ("/gpu:1", False),
        ("/device:gpu:2", True),
    ],
)
def test_a_spec_matches_a_device_that_has_every_part_it_names(spec: str, expected: bool) -> None:
    assert matches(spec, "/job:ps/replica:0/task:1/device:GPU:2") is expected


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("/job:ps/task:0", "/cpu:1", "/job:ps/task:0/device:CPU:1"),
        ("/job:ps/task:0", "/job:worker", "/job:worker/task:0"),
        ("/job:ps/task:0/cpu:0", "/gpu:1", "/job:ps/task:0/device:GPU:1"),
        ("/job:a", "", "/job:a"),
        ("", "/cpu:0", "/device:CPU:0"),
        ("/job:a/cpu:0", "/gpu:*/task:1", "/job:a/task:1/device:GPU:0"),
    ],
)
def test_an_inner_scope_fills_only_its_open_parts_from_the_outer(
    outer: str, inner: str, expected: str
) -> None:
    assert merge_device_scopes(inner, outer) == expected


@given(DEVICE_NAMES, DEVICE_NAMES)
def test_merging_scopes_agrees_with_merging_device_specs(a: DeviceName, b: DeviceName) -> None:
    inner, outer = str(a), str(b)
    spec = DeviceSpec.from_string(outer).make_merged_spec(DeviceSpec.from_string(inner))
    # A DeviceSpec keeps `*` as a device type, which then hides the type of the outer scope.
    if "*:" not in inner + outer:
        assert merge_device_scopes(inner, outer) == spec.to_string()


@pytest.mark.parametrize(
    ("target", "other", "text"),
    [
        ("/cpu:2", "/cpu:1", "ids: '/device:CPU:2' and '/device:CPU:1'"),
        ("/job:b", "/job:a", "jobs: '/job:b' and '/job:a'"),
        ("/task:1", "/task:0/cpu:0", "tasks: '/task:1' and '/task:0/device:CPU:0'"),
        (
            "/replica:0/gpu:3",
            "/job:a/replica:1",
            "replicas: '/job:a/replica:0/device:GPU:3' and '/job:a/replica:1'",
        ),
        ("/gpu:1", "/cpu:1", "types: '/device:GPU:1' and '/device:CPU:1'"),
        ("/gpu:*", "/job:a/cpu:1", "types: '/job:a/device:GPU:*' and '/job:a/device:CPU:1'"),
        ("/task:3/cpu:1", "/gpu:*", "types: '/task:3/device:CPU:1' and '/device:GPU:*'"),
    ],
)
def test_colocating_devices_that_conflict_fails_in_the_words_of_tensorflow(
    target: str, other: str, text: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        merge_for_colocation(target, other)
    assert caught.value.message == f"Cannot merge devices with incompatible {text}"


@pytest.mark.parametrize(
    ("target", "other", "expected"),
    [
        ("/job:a", "/cpu:1", "/job:a/device:CPU:1"),
        ("/gpu:*", "/gpu:1", "/device:GPU:1"),
        ("/cpu:1", "", "/device:CPU:1"),
        ("/job:a/task:0", "/job:a/replica:1", "/job:a/replica:1/task:0"),
    ],
)
def test_colocating_devices_that_agree_joins_their_parts(
    target: str, other: str, expected: str
) -> None:
    for allow_soft in (False, True):
        assert merge_for_colocation(target, other, allow_soft) == expected
        assert merge_for_colocation(other, target, allow_soft) == expected


def test_soft_placement_drops_what_conflicts_on_the_task() -> None:
    assert merge_for_colocation("/job:a/cpu:1", "/cpu:2", True) == "/job:a/device:CPU:*"
    assert merge_for_colocation("/job:a/cpu:1", "/gpu:1", True) == "/job:a"


@pytest.mark.parametrize("part", ["job:a/job:b", "replica:0/replica:1", "task:0/task:1"])
def test_soft_placement_never_drops_a_conflict_between_tasks(part: str) -> None:
    first, second = part.split("/")
    with pytest.raises(InvalidArgumentError, match="Cannot merge devices with incompatible"):
        merge_for_colocation(f"/{first}", f"/{second}", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("///job:a//", "/job:a"),
        ("/device:cpu:0", "/device:CPU:0"),
        ("cpu", "/device:CPU:*"),
        ("/job:*/task:0", "/job:*/task:0"),
        ("/device:*:0", "/device:*:0"),
        ("/cpu:-1", "/device:CPU:-1"),
        ("/job:my-job", "/job:my-job"),
    ],
)
def test_a_device_spec_reads_text_as_the_python_parser_of_tensorflow(
    text: str | None, expected: str
) -> None:
    assert DeviceSpec.from_string(text).to_string() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/bogus", "Unknown attribute: 'bogus' in '/bogus'"),
        ("/cpu:0/gpu:0", "Cannot specify multiple device types"),
        ("/cpu:x", "invalid literal for int"),
        ("/job:a/task:*", "invalid literal for int"),
    ],
)
def test_a_device_spec_refuses_malformed_text_with_a_value_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeviceSpec.from_string(text)
    with pytest.raises(ValueError, match=message):
        DeviceSpec().parse_from_string(text)


def test_a_device_spec_can_be_changed_in_place() -> None:
    spec = DeviceSpec(job="ps", device_type="cpu", device_index="0")
    assert spec.to_string() == "/job:ps/device:CPU:0"
    spec.task = "3"
    spec.job = None
    assert spec.task == 3
    assert spec.to_string() == "/task:3/device:CPU:0"
    spec.device_type = None
    assert spec.to_string() == "/task:3"
    assert spec.parse_from_string("/job:a") is spec
    assert spec.to_string() == "/job:a"


def test_a_device_spec_takes_over_the_parts_of_another() -> None:
    spec = DeviceSpec.from_string("/job:ps/task:0/cpu:0")
    merged = spec.make_merged_spec(DeviceSpec.from_string("/task:1/gpu:*"))
    assert merged.to_string() == "/job:ps/task:1/device:GPU:0"
    assert spec.to_string() == "/job:ps/task:0/device:CPU:0"
    spec.merge_from(DeviceSpec(task=7))
    assert spec.to_string() == "/job:ps/task:7/device:CPU:0"
    assert spec.replace(task=None).to_string() == "/job:ps/device:CPU:0"


def test_device_specs_are_equal_by_their_text() -> None:
    assert DeviceSpec(job="a") == DeviceSpec.from_string("/job:a")
    assert DeviceSpec(job="a") != DeviceSpec(job="b")
    assert DeviceSpec(job="a") != "/job:a"
    assert hash(DeviceSpec(job="a")) == hash("/job:a")
    assert repr(DeviceSpec(job="a", task=1)) == (
        "<DeviceSpec(job=a, replica=None, task=1, device_type=None, device_index=None)>"
    )


def test_device_specs_survive_copying_and_pickling() -> None:
    spec = DeviceSpec.from_string("/job:a/gpu:1")
    assert copy.deepcopy(spec) == pickle.loads(pickle.dumps(spec)) == spec
