"""The settings of OpenMP stand before torch can be loaded, and the user's own stay."""

import os
import subprocess
import sys

from tensormill.runtime.openmp import SETTINGS


def environment_after_import(source: str, **environment: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, sys; {source}; print([os.environ.get(n) for n in {list(SETTINGS)}])",
        ],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return eval(done.stdout)


def test_importing_the_package_sets_passive_waiting_without_loading_torch():
    source = "import tensormill; assert 'torch' not in sys.modules"
    assert environment_after_import(source) == list(SETTINGS.values())


def test_what_the_user_set_stays():
    found = environment_after_import("import tensormill", OMP_WAIT_POLICY="ACTIVE")
    assert found[0] == "ACTIVE"
