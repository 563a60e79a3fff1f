"""Training steps a second, beside TensorFlow and beside a step written by hand in eager PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.case import Case, Sample, calls_per_second, expect
from benchmarks.eager_networks import EAGER
from benchmarks.networks import NETWORKS, Build, Optimize

WARM_STEPS = 20
CALLS = {"MLP 3x1024, Adam": 20, "CNN, Adam": 30}
"""How many steps a sample takes at most; 200 of the others."""


def session_steps(build: Build, optimize: Optimize, calls: int) -> Callable[[Any], Sample]:
    """Return what prepares the sampler of a network in a session of `tf`."""

    def prepare(tf: Any) -> Sample:
        loss, fed = build(tf)
        update = optimize(tf.train).minimize(loss)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        before = session.run(loss, fed)
        step = session.make_callable([loss, update], list(fed))
        values = list(fed.values())
        for _ in range(WARM_STEPS):
            step(*values)
        expect(session.run(loss, fed) < before, "a falling loss")
        return lambda: calls_per_second(lambda: step(*values), calls)

    return prepare


def eager_steps(step: Callable[[], Any], calls: int) -> Sample:
    """Return the sampler of a step in eager PyTorch."""
    before = float(step())
    for _ in range(WARM_STEPS):
        step()
    expect(float(step()) < before, "a falling loss")
    return lambda: calls_per_second(lambda: float(step()), calls)


def _case(name: str) -> Case:
    calls = CALLS.get(name, 200)
    in_session = session_steps(*NETWORKS[name], calls)

    def prepare(library: Any) -> Sample:
        if library.__name__ == "torch":
            return eager_steps(EAGER[name](library), calls)
        return in_session(library)

    return Case(
        name, "steps/s", 1, prepare, higher_is_better=True, rivals=("tensorflow", "pytorch")
    )


CASES = [_case(name) for name in NETWORKS]
