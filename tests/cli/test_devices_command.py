"""`tensormill devices`."""

from __future__ import annotations

import json

import pytest

from tensormill.cli.main import main


@pytest.fixture
def one_emulated_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")


@pytest.mark.usefixtures("one_emulated_gpu")
def test_there_is_one_line_a_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    cpu, gpu = capsys.readouterr().out.splitlines()
    assert cpu.split()[:4] == [
        "/job:localhost/replica:0/task:0/device:CPU:0",
        "CPU",
        "256",
        "MiB",
    ]
    assert "emulated GPU in host memory" in gpu


@pytest.mark.usefixtures("one_emulated_gpu")
def test_the_devices_can_be_had_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--json"]) == 0
    devices = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [device["device_type"] for device in devices] == ["CPU", "GPU"]
    assert devices[0]["memory_limit_bytes"] == 256 << 20


def test_a_bad_environment_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "many")
    assert main(["devices"]) == 1
    assert "TENSORMILL_EMULATED_GPUS must be the number" in capsys.readouterr().err
