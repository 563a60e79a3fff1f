"""Importing stays cheap: what is loaded when, by name; the time itself only in the slow tests."""

import json
import re
import subprocess
import sys

import pytest

from tests.architecture.package_sources import PACKAGE, ROOT, python_files

# What takes long to load and is not needed to build a graph or run a step.
NEVER_LOADED = (
    "IPython", "keras", "matplotlib", "networkx", "pandas", "scipy", "sympy", "tensorflow",
    "torch._dynamo", "torch._inductor", "torch.onnx", "torch.utils.tensorboard",
)  # fmt: skip
NOT_FOR_HELP = ("google.protobuf", "grpc", "ml_dtypes", "numpy", "tensorboard", "torch")

TOUCH_THE_API = "import tensormill; tensormill.Graph"


def run_python(source: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_after(source: str) -> set[str]:
    """Return the names of all modules that a fresh process has loaded after `source`."""
    report = "import json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
    return set(json.loads(run_python(f"{source}\n{report}").splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["devices", "--help"], ["version"]])
def test_the_command_line_loads_nothing_heavy(arguments: list[str]) -> None:
    modules = modules_after(
        "from tensormill.cli.main import main\n"
        f"try:\n    main({arguments})\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert not modules.intersection(NOT_FOR_HELP)


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not modules_after("import tensormill").intersection(NOT_FOR_HELP)


@pytest.mark.parametrize("name", ["cluster_status", "finish"])
def test_asking_a_server_does_not_load_torch(name: str) -> None:
    assert "torch" not in modules_after(f"import tensormill; tensormill.{name}")


def test_the_public_api_loads_only_what_it_needs() -> None:
    loaded_by_torch = modules_after("import torch")
    added = modules_after(TOUCH_THE_API) - loaded_by_torch
    assert not added.intersection(NEVER_LOADED)


def test_what_is_loaded_late_registers_nothing() -> None:
    """A GraphDef may be imported, differentiated and run before any namespace is touched."""
    counts = json.loads(
        run_python(
            "import json, tensormill as tf\n"
            "from tensormill.graph.conversion import _functions\n"
            "from tensormill.graph.gradient_registry import _registered\n"
            "from tensormill.graph.op_table import OP_DEFS\n"
            "from tensormill.kernels.registry import _HOST_KERNELS, _KERNELS, _SHARED_WORK\n"
            "tables = [OP_DEFS, _registered, _functions, _KERNELS, _HOST_KERNELS, _SHARED_WORK]\n"
            "def registered(): return [len(table) for table in tables]\n"
            "tf.Graph\n"
            "before = registered()\n"
            "names = [name for name in dir(tf) if getattr(tf, name, None) is not None]\n"
            "print(json.dumps([before, registered(), names]))"
        )
    )
    before, after, names = counts
    assert before[0] > 500
    assert before == after
    assert {"Session", "train", "contrib", "LocalCluster", "data"} <= set(names)


@pytest.mark.slow
def test_the_public_api_costs_little_more_than_torch() -> None:
    measured = (
        "import time, torch\n"
        "started = time.process_time()\n"
        f"{TOUCH_THE_API}\n"
        "print(time.process_time() - started)"
    )
    seconds = [float(run_python(measured)) for _ in range(5)]
    assert min(seconds) < 0.3, f"CPU seconds more than `import torch`: {sorted(seconds)}"


def test_operators_are_there_with_what_uses_them() -> None:
    """`OPERATORS["name"]` finds what another module registers, which must be loaded by then."""
    used = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): names
        for path in python_files(PACKAGE)
        if (names := re.findall(r'OPERATORS\["(\w+)"\]', path.read_text()))
    }
    missing = run_python(
        "import importlib, json, tensormill.api\n"
        "from tensormill.graph.operators import OPERATORS\n"
        f"for module, names in {used!r}.items():\n"
        "    importlib.import_module(module)\n"
        "    for name in set(names) - OPERATORS.keys():\n"
        "        print(module, name)"
    )
    assert used
    assert not missing
