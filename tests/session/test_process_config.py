"""`tf.config`: what programs ask of the devices, and what they set."""

from __future__ import annotations

import pytest

import tensormill as tf
from tensormill.session import process_config


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_config, "_settings", process_config._Settings())
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "2")


def test_devices_of_the_machine_and_of_operations() -> None:
    experimental = tf.config.experimental
    gpus = experimental.list_physical_devices("GPU")
    assert [gpu.name for gpu in gpus] == ["/physical_device:GPU:0", "/physical_device:GPU:1"]
    assert tf.config.list_physical_devices()[0] == ("/physical_device:CPU:0", "CPU")
    assert [gpu.name for gpu in experimental.list_logical_devices("GPU")] == [
        "/device:GPU:0", "/device:GPU:1",
    ]  # fmt: skip


def test_memory_growth_is_remembered_for_gpus() -> None:
    experimental = tf.config.experimental
    gpu, other = experimental.list_physical_devices("GPU")
    experimental.set_memory_growth(gpu, True)
    assert experimental.get_memory_growth(gpu) is True
    assert experimental.get_memory_growth(other) is None
    cpu = experimental.list_physical_devices("CPU")[0]
    with pytest.raises(ValueError, match="non-GPU"):
        experimental.set_memory_growth(cpu, True)
    with pytest.raises(ValueError, match="Unrecognized device: 'GPU:0'"):
        experimental.set_memory_growth("GPU:0", True)
    with pytest.raises(ValueError, match="when memory growth is set"):
        experimental.set_virtual_device_configuration(gpu, [])


def test_devices_are_hidden_and_split() -> None:
    experimental = tf.config.experimental
    gpus = experimental.list_physical_devices("GPU")
    experimental.set_visible_devices(gpus[1], "GPU")
    assert experimental.get_visible_devices("GPU") == [gpus[1]]
    assert len(experimental.get_visible_devices()) == 2
    part = experimental.VirtualDeviceConfiguration
    experimental.set_virtual_device_configuration(gpus[1], [part(memory_limit=10), part()])
    assert [each.name for each in experimental.list_logical_devices("GPU")] == [
        "/device:GPU:0", "/device:GPU:1",
    ]  # fmt: skip
    assert experimental.get_virtual_device_configuration(gpus[0]) is None
    with pytest.raises(ValueError, match="when virtual devices configured"):
        experimental.set_memory_growth(gpus[1], True)
    cpu = experimental.list_physical_devices("CPU")[0]
    with pytest.raises(ValueError, match="memory limit on CPU"):
        experimental.set_virtual_device_configuration(cpu, [part(memory_limit=10)])
    experimental.set_visible_devices([], "GPU")
    assert experimental.list_logical_devices() == [("/device:CPU:0", "CPU")]
    with pytest.raises(ValueError, match="Unrecognized device"):
        experimental.set_visible_devices(cpu, "GPU")


def test_settings_are_given_back() -> None:
    config = tf.config
    assert config.get_soft_device_placement() is False
    config.set_soft_device_placement(True)
    assert config.get_soft_device_placement() is True
    config.threading.set_inter_op_parallelism_threads(3)
    config.threading.set_intra_op_parallelism_threads(4)
    assert config.threading.get_inter_op_parallelism_threads() == 3
    assert config.threading.get_intra_op_parallelism_threads() == 4
    config.optimizer.set_jit(True)
    config.optimizer.set_experimental_options({"layout_optimizer": True, "nothing": 1})
    assert config.optimizer.get_jit() is True
    assert config.optimizer.get_experimental_options() == {
        "layout_optimizer": True, "disable_model_pruning": False, "disable_meta_optimizer": False,
    }  # fmt: skip
    config.experimental.set_device_policy("warn")
    config.experimental.set_synchronous_execution(False)
    assert config.experimental.get_device_policy() == "warn"
    assert config.experimental.get_synchronous_execution() is False
    with pytest.raises(ValueError, match="'x'"):
        config.experimental.set_device_policy("x")


def test_sysconfig_names_the_package() -> None:
    assert tf.__file__.startswith(tf.sysconfig.get_lib())
    assert tf.sysconfig.get_include().startswith(tf.sysconfig.get_lib())
    assert tf.sysconfig.get_compile_flags() == tf.sysconfig.get_link_flags() == []
    assert tf.COMPILER_VERSION
