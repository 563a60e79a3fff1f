"""The networks of `networks` as training steps written by hand in eager PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.networks import BOOK, COLUMNS, LOOKUPS, ROWS, WIDE, digits


@dataclass(frozen=True)
class Place:
    """Where a step of eager PyTorch runs, and in which dtype its layers compute."""

    device: str = "cpu"
    dtype: str = "float32"


def eager_step(
    torch: Any, model: Any, optimizer: Any, x: Any, loss_of: Callable[[Any], Any], place: Place
) -> Any:
    dtype = getattr(torch, place.dtype)
    is_narrow = dtype != torch.float32

    def step() -> Any:
        optimizer.zero_grad()
        with torch.autocast(place.device, dtype if is_narrow else None, enabled=is_narrow):
            output = model(torch.from_numpy(x).to(place.device))
        loss = loss_of(output.float())
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def eager_perceptron(sizes: list[int], batch: int, optimize: Callable[[Any, Any], Any]) -> Any:
    def make(torch: Any, place: Place = Place()) -> Any:
        layers: list[Any] = []
        for before, after in pairwise(sizes):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1]).to(place.device)
        x, labels = digits(batch, sizes[0])

        def loss_of(logits: Any) -> Any:
            target = torch.from_numpy(labels).to(place.device)
            return torch.nn.functional.cross_entropy(logits, target)

        optimizer = optimize(torch, model.parameters())
        return eager_step(torch, model, optimizer, x, loss_of, place)

    return make


def eager_convolutional(torch: Any, place: Place = Place()) -> Any:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 128), nn.ReLU(), nn.Linear(128, 10),
    ).to(place.device)  # fmt: skip
    x, labels = digits(50, 1, 28, 28)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def loss_of(logits: Any) -> Any:
        return nn.functional.cross_entropy(logits, torch.from_numpy(labels).to(place.device))

    return eager_step(torch, model, optimizer, x, loss_of, place)


def eager_embeddings(
    optimize: Callable[[Any, Any], Any],
) -> Callable[..., Any]:
    def make(torch: Any, place: Place = Place()) -> Any:
        table = torch.nn.Embedding(ROWS, COLUMNS, sparse=True).to(place.device)
        rows = np.random.RandomState(1).randint(0, ROWS, LOOKUPS)
        optimizer = optimize(torch, table.parameters())
        return eager_step(
            torch, table, optimizer, rows, lambda values: (values - 1).square().mean(), place
        )

    return make


def eager_sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, 0.01)


def eager_fast_sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, 10.0)


def eager_adagrad(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adagrad(parameters, 0.1)


def eager_adam(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adam(parameters, 1e-3, fused=True)


EAGER: dict[str, Callable[..., Any]] = {
    "MLP 784-300-100-10, SGD": eager_perceptron(BOOK, 50, eager_sgd),
    "MLP 3x1024, Adam": eager_perceptron(WIDE, 256, eager_adam),
    "CNN, Adam": eager_convolutional,
    "embedding 100,000x64, SGD": eager_embeddings(eager_fast_sgd),
    "embedding 100,000x64, Adagrad": eager_embeddings(eager_adagrad),
}
