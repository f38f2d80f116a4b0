"""Losses: value and gradient, against torch's forward and backward and NumPy as one would write it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

import fastopt
from common import Bench, main, spread, table, verdict
from fastopt import losses
from fastopt.bench.timing import Side, compare
from fastopt.bench.torch_peer import SLEEP, TorchWorker


def numpy_softmax(s: Any, y: Any) -> tuple[float, Any]:
    """What one would write."""
    rows = np.arange(len(s))
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    value = -np.log(p[rows, y]).mean()
    p[rows, y] -= 1
    return value, p / len(s)


def numpy_softmax_rows(s: Any, q: Any) -> tuple[float, Any]:
    shifted = s - s.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(q * log_p).sum(axis=1).mean(), (np.exp(log_p) - q) / len(s)


def numpy_hinge(s: Any, y: Any) -> tuple[float, Any]:
    rows = np.arange(len(s))
    cost = np.maximum(0, s - s[rows, y][:, None] + 1)
    cost[rows, y] = 0
    grad = (cost > 0).astype(s.dtype)
    grad[rows, y] = -grad.sum(axis=1)
    return cost.sum(axis=1).mean(), grad / len(s)


def numpy_binary(s: Any, y: Any) -> tuple[float, Any]:
    value = np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s)))
    return value.sum() / len(s), (1 / (1 + np.exp(-s)) - y) / len(s)


def numpy_square(s: Any, y: Any) -> tuple[float, Any]:
    d = s - y
    return (d * d).sum() / (2 * len(s)), d / len(s)


@dataclass(frozen=True)
class Peer:
    """A loss here, in NumPy and in torch; torch's value times `factor(columns)` is ours."""

    ours: Callable[..., Any]
    numpy: Callable[..., Any]
    torch: str
    labels: bool
    factor: Callable[[int], float]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        name = self.ours.__name__
        return f"{name}, probabilities" if self.numpy is numpy_softmax_rows else name


PEERS = [
    Peer(losses.softmax_cross_entropy, numpy_softmax, "cross_entropy", True, lambda c: 1),
    Peer(losses.softmax_cross_entropy, numpy_softmax_rows, "cross_entropy", False, lambda c: 1),
    Peer(losses.multiclass_hinge, numpy_hinge, "multi_margin_loss", True, lambda c: c),
    Peer(losses.binary_cross_entropy, numpy_binary, "binary_cross_entropy_with_logits", False, lambda c: c),
    Peer(losses.squared_error, numpy_square, "mse_loss", False, lambda c: c / 2),
]
SHAPES = [(128, 10), (4096, 1000)]
TARGETS = {(128, 10): (5, 10), (4096, 1000): (2.5, 10)}


@dataclass
class TorchLoss:
    """A loss of torch in its own process."""

    worker: TorchWorker
    elements: int
    label: str = "torch"
    pause: float = SLEEP

    def time(self, repeats: int) -> float:
        answer, _ = self.worker.order("time_loss", repeats=repeats)
        seconds: float = answer["seconds"]
        return seconds


def arrays(peer: Peer, shape: tuple[int, int], seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    s = (rng.standard_normal(shape) * 3).astype(np.float32)
    if peer.labels:
        return s, rng.integers(shape[1], size=shape[0])
    p = rng.random(shape, np.float32)
    return s, p / p.sum(axis=1, keepdims=True)


def side(label: str, function: Callable[..., Any], sets: list[tuple[Any, Any]], pause: float = 0.0) -> Side:
    return Side(label, sets[0][0].size, lambda pair: function(*pair), sets, lambda: [], pause)


def check(peer: Peer, s: Any, y: Any, worker: TorchWorker | None) -> None:
    """Compare results before they are timed."""
    value, grad = peer.ours(s, y)
    others = [peer.numpy(s.astype(np.float64), y)]
    if worker:
        factor = peer.factor(s.shape[1])
        worker.order(
            "make_loss",
            s.tobytes() + y.tobytes(),
            dtype="float32",
            scores_bytes=s.nbytes,
            shape=s.shape,
            labels=peer.labels,
            function=peer.torch,
            options=peer.options,
        )
        if s.size < 100_000:
            answer, data = worker.order("loss_once")
            others.append(
                (answer["value"] * factor, np.frombuffer(data, np.float32).reshape(s.shape) * factor)
            )
    for other, slope in others:
        np.testing.assert_allclose(value, other, rtol=1e-5)
        np.testing.assert_allclose(grad * len(s), slope * len(s), atol=1e-5)


def section(bench: Bench) -> str:
    rows = []
    for shape in SHAPES:
        for peer in PEERS:
            sets = [arrays(peer, shape, seed) for seed, _ in zip(count(), range(2), strict=False)]
            out = np.empty_like(sets[0][0])
            ours = side("fastopt", lambda s, y, f=peer.ours, out=out: f(s, y, out=out), sets)
            numpy = side("NumPy", peer.numpy, sets)
            with bench.torch() as worker:
                check(peer, *sets[0], worker)
                against = {"torch": TorchLoss(worker, out.size)} if worker else {}
                ratios = {
                    name: compare(ours, other, rounds=bench.rounds, block=bench.block)
                    for name, other in {**against, "NumPy": numpy}.items()
                }
            us = ratios["NumPy"].ours * out.size / 1e3
            goals = dict(zip(("torch", "NumPy"), TARGETS[shape], strict=True)) if peer is PEERS[0] else {}
            cells = [
                f"{spread(ratio)}{'; ' + verdict(ratio.median, goals[name], 'x') if goals else ''}"
                for name, ratio in ratios.items()
            ]
            rows.append([f"{peer.label}, {shape[0]} x {shape[1]}", f"{us:.1f} us", *cells])
    threads = fastopt.get_num_threads()
    head = ["value and gradient, float32", "time", *(f"times faster than {name}" for name in ratios)]
    return f"### Losses, {threads} threads\n\n{table(head, rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
