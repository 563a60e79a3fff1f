"""Which devices a task has, by config and environment."""

from __future__ import annotations

import pytest
import torch

import tensormill as tf
from tensormill.runtime.devices import local_devices

LOCAL = "/job:localhost/replica:0/task:0/device:"


def names(config: tf.ConfigProto | None = None) -> list[str]:
    return [device.name.removeprefix(LOCAL) for device in local_devices(config=config)]


@pytest.fixture
def four_emulated_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "4")


def test_a_machine_has_one_cpu_device(no_gpu: None) -> None:
    assert names() == ["CPU:0"]


def test_device_count_gives_more_cpus(no_gpu: None) -> None:
    assert names(tf.ConfigProto(device_count={"CPU": 3})) == ["CPU:0", "CPU:1", "CPU:2"]


@pytest.mark.usefixtures("four_emulated_gpus")
def test_emulated_gpus_are_called_so() -> None:
    gpus = [device for device in local_devices() if device.type == "GPU"]
    assert [gpu.name for gpu in gpus] == [f"{LOCAL}GPU:{i}" for i in range(4)]
    for gpu in gpus:
        assert gpu.is_emulated
        assert "emulated" in gpu.physical_desc
        assert gpu.torch_device == torch.device("cpu")


@pytest.mark.usefixtures("four_emulated_gpus")
def test_device_count_bounds_the_gpus() -> None:
    assert names(tf.ConfigProto(device_count={"GPU": 1})) == ["CPU:0", "GPU:0"]
    assert names(tf.ConfigProto(device_count={"GPU": 0})) == ["CPU:0"]
    assert names(tf.ConfigProto(device_count={"GPU": 9})) == [
        "CPU:0",
        *(f"GPU:{i}" for i in range(4)),
    ]


@pytest.mark.usefixtures("four_emulated_gpus")
def test_the_visible_gpus_are_numbered_anew() -> None:
    config = tf.ConfigProto(gpu_options=tf.GPUOptions(visible_device_list="3,1"))
    gpus = [device for device in local_devices(config=config) if device.type == "GPU"]
    assert [gpu.name for gpu in gpus] == [f"{LOCAL}GPU:0", f"{LOCAL}GPU:1"]
    assert [gpu.physical_desc[:9] for gpu in gpus] == ["device: 3", "device: 1"]


@pytest.mark.usefixtures("four_emulated_gpus")
@pytest.mark.parametrize(
    ("visible", "text"),
    [
        ("0,x", "Could not parse entry in 'visible_device_list': 'x'. visible_device_list = 0,x"),
        ("4", "'visible_device_list' listed an invalid GPU id '4' but visible device count is 4"),
        ("1,1", "visible_device_list contained a duplicate entry: 1,1"),
    ],
)
def test_a_list_of_visible_gpus_that_makes_no_sense_is_an_error(visible: str, text: str) -> None:
    config = tf.ConfigProto(gpu_options=tf.GPUOptions(visible_device_list=visible))
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        local_devices(config=config)
    assert caught.value.message == text


@pytest.mark.parametrize("number", ["two", "-1", "1.5"])
def test_a_bad_number_of_emulated_gpus_is_an_error(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", number)
    with pytest.raises(tf.errors.InvalidArgumentError, match="TENSORMILL_EMULATED_GPUS"):
        local_devices()


def test_an_empty_number_of_emulated_gpus_emulates_none(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "")
    assert names() == ["CPU:0"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_devices_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORMILL_EMULATED_GPUS", raising=False)
    gpu = next(device for device in local_devices() if device.type == "GPU")
    assert gpu.torch_device == torch.device("cuda", 0)
    assert torch.cuda.get_device_name(0) in gpu.physical_desc
    assert gpu.compute_capability == torch.cuda.get_device_capability(0)
    assert not gpu.is_emulated


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_memory_fraction_bounds_the_memory_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORMILL_EMULATED_GPUS", raising=False)
    whole = local_devices()[1].memory_bytes
    config = tf.ConfigProto(gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=0.4))
    try:
        assert local_devices(config=config)[1].memory_bytes == pytest.approx(0.4 * whole, rel=1e-6)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, 0)
