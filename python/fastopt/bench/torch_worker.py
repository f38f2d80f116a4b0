"""Times torch.optim, and losses of torch, in a process of its own, on orders through standard input.

Run as a file by an interpreter that has torch; it needs neither fastopt nor NumPy. An order is a line of
JSON, followed by as many bytes as it announces; so is the answer.
"""

import json
import sys
import time
from typing import Any, BinaryIO

import torch


class Worker:
    """One optimizer, its parameters and its sets of gradients."""

    def make(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Make an optimizer: on numbers that were sent (parameters, then gradients), or on random ones."""
        count, size, sets = order["count"], order["size"], order["sets"]
        dtype = getattr(torch, order["dtype"])
        if data:
            arrays = list(torch.frombuffer(bytearray(data), dtype=dtype).split(size))
        else:
            arrays = [torch.randn(size, dtype=dtype) for _ in range(count * (1 + sets))]
        arrays = [array.clone() for array in arrays]  # each with memory of its own
        rows = [arrays[k * count : (k + 1) * count] for k in range(1 + sets)]
        self.params = [p.requires_grad_() for p in rows[0]]
        self.grads = rows[1:]
        self.optimizer = getattr(torch.optim, order["optimizer"])(self.params, **order["options"])
        return {}

    def steps(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Take a step along each set of gradients and send the parameters."""
        for k in range(order["steps"]):
            self._aim(k % len(self.grads))
            self.optimizer.step()
        return {
            "data": b"".join(bytes(p.detach().contiguous().view(torch.uint8).tolist()) for p in self.params)
        }

    def time(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Time so many steps along one set of gradients, after some untimed ones."""
        self._aim(order["set"])
        step = self.optimizer.step
        for _ in range(order["warm"]):
            step()
        start = time.perf_counter()
        for _ in range(order["repeats"]):
            step()
        return {"seconds": time.perf_counter() - start}

    def make_loss(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Take scores, then targets, of a function of torch.nn.functional."""
        dtype, size = getattr(torch, order["dtype"]), order["scores_bytes"]
        self.scores = torch.frombuffer(bytearray(data[:size]), dtype=dtype).view(order["shape"]).clone()
        self.scores.requires_grad_()
        labels = torch.int64 if order["labels"] else dtype
        targets = torch.frombuffer(bytearray(data[size:]), dtype=labels).clone()
        self.targets = targets if order["labels"] else targets.view(order["shape"])
        self.loss = getattr(torch.nn.functional, order["function"])
        self.options = order["options"]
        return {}

    def loss_once(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Return value and gradient."""
        value = self._value_and_gradient()
        assert self.scores.grad is not None
        return {"value": value, "data": bytes(self.scores.grad.view(torch.uint8).view(-1).tolist())}

    def time_loss(self, order: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Time so many forward and backward passes, after one that is not timed."""
        self._value_and_gradient()
        start = time.perf_counter()
        for _ in range(order["repeats"]):
            self._value_and_gradient()
        return {"seconds": time.perf_counter() - start}

    def _value_and_gradient(self) -> float:
        self.scores.grad = None
        value = self.loss(self.scores, self.targets, **self.options)
        value.backward()
        return float(value.detach())

    def _aim(self, k: int) -> None:
        """Take up a set of gradients; the one after the last are zeros."""
        grads = self.grads[k] if k < len(self.grads) else [torch.zeros_like(p) for p in self.params]
        for p, g in zip(self.params, grads, strict=True):
            p.grad = g


def main(threads: int, orders: BinaryIO, answers: BinaryIO) -> None:
    """Obey until there is nothing more to read."""
    torch.set_num_threads(threads)
    worker = Worker()
    answer: dict[str, Any] = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    while True:
        data = answer.pop("data", b"")
        answers.write(json.dumps({**answer, "bytes": len(data)}).encode() + b"\n" + data)
        answers.flush()
        line = orders.readline()
        if not line:
            return
        order = json.loads(line)
        data = orders.read(order["bytes"])
        try:
            answer = getattr(worker, order["do"])(order, data)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what torch may print shall not get in between
    main(int(sys.argv[1]), sys.stdin.buffer, answers)
