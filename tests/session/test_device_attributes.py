"""The devices that users see. The forms were recorded from TensorFlow 2.21."""

from __future__ import annotations

import pytest
import torch

import tensormill as tf
from tensormill.proto.device_attributes_pb2 import DeviceAttributes
from tensormill.python.client import device_lib


@pytest.fixture
def two_emulated_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "2")


def test_a_session_lists_its_devices(two_emulated_gpus: None) -> None:
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2, "GPU": 1})) as session:
        listed = session.list_devices()
    assert [(d.name, d.device_type) for d in listed] == [
        ("/job:localhost/replica:0/task:0/device:CPU:0", "CPU"),
        ("/job:localhost/replica:0/task:0/device:CPU:1", "CPU"),
        ("/job:localhost/replica:0/task:0/device:GPU:0", "GPU"),
    ]
    first = listed[0]
    assert first.memory_limit_bytes == first.memory_bytes == 268435456
    assert repr(first) == (
        "_DeviceAttributes(/job:localhost/replica:0/task:0/device:CPU:0, CPU, 268435456, "
        f"{first.incarnation})"
    )
    assert "emulated" in listed[2].physical_device_desc


def test_a_closed_session_lists_nothing() -> None:
    session = tf.Session()
    session.close()
    with pytest.raises(tf.errors.CancelledError):
        session.list_devices()


def test_device_lib_gives_messages_with_short_names(two_emulated_gpus: None) -> None:
    listed = device_lib.list_local_devices()
    assert [(d.name, d.device_type) for d in listed] == [
        ("/device:CPU:0", "CPU"),
        ("/device:GPU:0", "GPU"),
        ("/device:GPU:1", "GPU"),
    ]
    assert str(listed[0]) == (
        'name: "/device:CPU:0"\ndevice_type: "CPU"\nmemory_limit: 268435456\nlocality {\n}\n'
        f"incarnation: {listed[0].incarnation}\nxla_global_id: -1\n"
    )
    assert DeviceAttributes.FromString(listed[1].SerializeToString()) == listed[1]


def test_device_lib_looks_at_the_config(two_emulated_gpus: None) -> None:
    config = tf.ConfigProto(device_count={"GPU": 0})
    assert [d.name for d in device_lib.list_local_devices(config)] == ["/device:CPU:0"]


def test_emulated_gpus_count_unless_cuda_is_asked_for(two_emulated_gpus: None) -> None:
    assert tf.test.is_gpu_available()
    assert tf.test.gpu_device_name() == "/device:GPU:0"
    assert not tf.test.is_gpu_available(cuda_only=True)
    assert not tf.test.is_gpu_available(min_cuda_compute_capability=(3, 0))


def test_without_gpus_there_is_no_name(no_gpu: None) -> None:
    assert not tf.test.is_gpu_available()
    assert tf.test.gpu_device_name() == ""


def test_built_with_cuda_is_what_torch_says() -> None:
    assert tf.test.is_built_with_cuda() == (torch.version.cuda is not None)


def test_the_devices_of_this_machine_are_listed_for_the_command_line(
    two_emulated_gpus: None,
) -> None:
    assert [device.device_type for device in tf.list_devices()] == ["CPU", "GPU", "GPU"]


def test_the_fields_of_the_message_have_tensorflows_numbers() -> None:
    numbers = {field.name: field.number for field in DeviceAttributes.DESCRIPTOR.fields}
    assert numbers == {
        "name": 1,
        "device_type": 2,
        "memory_limit": 4,
        "locality": 5,
        "incarnation": 6,
        "physical_device_desc": 7,
        "xla_global_id": 8,
    }
