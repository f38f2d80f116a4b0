"""Training with one call: `train`. What it is made of: `fastopt.training.run` and `fastopt.callbacks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fastopt._common.bounds import whole
from fastopt._common.samples import judged_samples
from fastopt._common.trees import Array, Arrays, Tree, described
from fastopt._common.types import Seed
from fastopt.regularizers import Regularizer
from fastopt.rules.optimizer import Optimizer
from fastopt.training.callbacks import Callback, FunctionCallback
from fastopt.training.evaluation import (
    LossAndGrads,
    Metric,
    Validation,
    judged_evaluation,
)
from fastopt.training.history import History, Record
from fastopt.training.progress import Progress
from fastopt.training.run import Run
from fastopt.training.turns import train_in_turns

__all__ = ["learning_rate_of", "train"]

Watcher = Callback | Callable[[Run, Record], object]


def train(
    loss_and_grads: LossAndGrads,
    params: Arrays,
    data: object,
    optimizer: Optimizer | Callable[[Any], Optimizer],
    *,
    epochs: int,
    batch_size: int | None = 32,
    seed: Seed | None = 0,
    regularizer: Regularizer | Sequence[Regularizer] | None = None,
    validation: Validation | None = None,
    metrics: Metric | Mapping[str, Metric] | None = None,
    callbacks: Watcher | Sequence[Watcher] | None = None,
    buffers: Arrays | None = None,
    progress: bool = True,
) -> History:
    """Train by minibatches: the loop that everybody writes.

    Each epoch shows every sample once, in a new random order. A loss that is not finite ends the training
    before its step, and so does Ctrl-C after one (or at once, pressed for the third time); what was learned
    stays in `params` and in the history.

    Called again with the same optimizer, it goes on: twice three epochs are six, to the bit, also where the
    first call ended inside an epoch, and also in another process (see Notes).

    Parameters
    ----------
    loss_and_grads : callable
        ``loss_and_grads(params, x, y) -> (loss, grads)``: the mean loss of a batch, and its gradients in
        the structure of `params`.
    params : array, list or dict of arrays
        Updated in place.
    data : tuple of arrays, or array
        ``(x, y)``, with one row a sample; any number of arrays, all of which `loss_and_grads` is given.
    optimizer : Optimizer, or class or function that makes one
        Over these very arrays; or what makes it of them: ``fastopt.Adam``, ``partial(fastopt.SGD, lr=0.1)``.
        An optimizer that has made steps goes on with its state and its schedules, and after a training also
        with the order of the samples and the number of the epoch. What makes one begins anew; the one that
        it made is `History.optimizer`.
    epochs : int
        How often every sample is shown, >= 1. The rest of an epoch that was begun counts as one.
    batch_size : int or None
        Samples a step, >= 1; the last batch of an epoch holds what is left. None takes all at once, in their
        order and without a copy.
    seed : int, numpy.random.Generator or None
        Orders the samples: an integer always in the same way, each epoch in its own; a generator moves on,
        and is left where it deals the order of an unfinished epoch once more; None never the same.
    regularizer : Regularizer or sequence of them, optional
        From `fastopt.regularizers`: added to the training loss and, in place, to the gradients.
    validation : tuple of arrays, or callable, optional
        What is computed after each epoch, and once before the first, for what is wrong to show at once.
        Data as in `data` give "val_loss", the mean loss without `regularizer`; a function
        ``validation(params) -> {name: number}`` gives what it returns, under the same names each time.
    metrics : callable, or dict of callables, optional
        ``metric(params, x, y) -> number``, computed on all validation data and called "val_" and the key in
        the dict, or the name of the function.
    callbacks : Callback or function, or sequence of them, optional
        From `fastopt.callbacks`, or your own; a function is called as ``f(run, record)`` after each epoch.
    buffers : array, list or dict of arrays, optional
        What `loss_and_grads` changes beside the parameters, as the running statistics of a batch
        normalisation, in place or by putting others in their place. `EarlyStopping` and `Checkpoint` keep
        them with the parameters; validation and metrics leave them as they were.
    progress : bool
        Show loss, learning rate and throughput on standard error: a bar where it is a terminal and rich is
        installed, a line for each epoch (at most about twenty). False is silent.

    Returns
    -------
    History
        Losses, metrics, learning rates and times, and as `History.status` how it ended: "finished",
        "stopped" by a callback, "interrupted" by Ctrl-C, or "diverged".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, before the first step; if what a function returns is not. Those of
        validation and metrics begin with the argument's name.
    KeyboardInterrupt
        At the third Ctrl-C, wherever the training is then.

    Notes
    -----
    Time in `History` is that of the steps alone: batch, loss and gradients, regularizer, optimizer.

    The loss of an epoch is the mean over its steps, of weights that were on their way. Where a callback looks
    for the best "loss", it is instead that of the parameters after the epoch, which are those it keeps. This
    costs `loss_and_grads` of all data once an epoch, off the clock, in pieces of 4096 rows; all at once if
    `batch_size` is None.

    A run is saved by its parameters and ``optimizer.state_dict()``, which knows the epoch and the place in
    it. Another process makes the optimizer as before, loads both and calls `train` with the same data, batch
    size and integer seed.

    A schedule is asked once more after each step, for the history: it should be a function of the step. A
    `fastopt.schedules.ReduceOnPlateau` is told its metric by a callback,
    ``lambda run, record: lr.update(record.loss)``.

    Validation data go through `loss_and_grads`, in pieces of 4096 rows. Where training differs from
    evaluation (dropout), give a function for validation instead, and let callbacks go by what it returns.

    Examples
    --------
    Linear regression; the slope is 2 and the intercept 1:

    >>> import fastopt
    >>> from functools import partial
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> y = 2 * x[:, 0] + 1
    >>> params = {"w": np.zeros(1), "b": np.zeros(1)}
    >>> def loss_and_grads(params, x, y):
    ...     error = x @ params["w"] + params["b"] - y
    ...     return (error @ error) / len(y), {
    ...         "w": 2 * (x.T @ error) / len(y), "b": np.array([2 * error.mean()]),
    ...     }
    >>> history = train(
    ...     loss_and_grads, params, (x, y), partial(fastopt.SGD, lr=0.2, momentum=0.5),
    ...     epochs=40, batch_size=16, validation=(x, y), progress=False,
    ... )
    >>> history.status, history.steps[-1], history.losses[0] > 1e3 * history.losses[-1]
    ('finished', 160, True)
    >>> params["w"].round(3), params["b"].round(3)
    (array([2.]), array([1.]))
    """
    epochs = whole(1, "epochs", epochs)
    if not callable(loss_and_grads):
        raise TypeError(f"loss_and_grads: expected a function, got {described(loss_and_grads)}")
    samples = judged_samples(data)
    evaluated, names = judged_evaluation(loss_and_grads, len(samples), validation, metrics, buffers)
    watching = _callbacks(callbacks)
    bound = _bound(optimizer, params)
    run = Run(
        "training",
        loss_and_grads,
        params,
        samples,
        bound.step,
        batch_size=batch_size,
        seed=seed,
        evaluate=evaluated,
        regularizers=_regularizers(regularizer, params),
        learning_rate=learning_rate_of(bound),
        metric_names=names,
        fingerprints=False,
        buffers=buffers,
        place=bound._place,
        steps=bound.steps,
    )
    run.try_evaluation()
    bar: AbstractContextManager[Callback] = Progress([run], epochs) if progress else nullcontext(Callback())
    with bar as shown:
        outcome = train_in_turns([run], epochs=epochs, callbacks=[*watching, shown])
    return History(
        run.history,
        run.step_losses,
        run.step_learning_rates,
        outcome.status,
        outcome.message,
        run.restored,
        bound,
    )


def learning_rate_of(optimizer: Optimizer) -> Callable[[], float] | None:
    """Return a function for the learning rate of the last step, or None where there is none.

    Examples
    --------
    >>> from fastopt import SGD
    >>> opt = SGD(np.zeros(1), lr=lambda step: 0.5**step)
    >>> opt.step(np.zeros(1)), opt.step(np.zeros(1)), learning_rate_of(opt)()
    (None, None, 0.5)
    """
    if not hasattr(optimizer, "lr"):
        return None

    def rate() -> float:
        lr = optimizer.lr  # looked up each time: it may be rebound
        return float(lr(optimizer.steps - 1) if callable(lr) else lr)

    return rate


def _bound(optimizer: object, params: Arrays) -> Optimizer:
    """Return the optimizer, made if need be, and prove that it is one over these very arrays."""
    made = optimizer(params) if callable(optimizer) else optimizer
    if not isinstance(made, Optimizer):
        from fastopt.minimization import LBFGS

        from_it = f" from {optimizer!r}" if callable(optimizer) else ""
        way = "; L-BFGS needs all samples at once: fastopt.minimize" if isinstance(made, LBFGS) else ""
        raise TypeError(
            "optimizer: expected an optimizer of fastopt, or a class or function that makes one of params, "
            f"got {made!r}{from_it}{way}"
        )
    mine, theirs = (dict(Tree("params", given).named) for given in (params, made.params))
    if mine.keys() != theirs.keys():
        raise ValueError(
            f"optimizer: expected one over params, with {list(mine)}, got one over {list(theirs)}"
        )
    for name, array in mine.items():
        if not _same_memory(array, theirs[name]):
            raise ValueError(
                f"optimizer: expected one over the arrays of params, got one over another {name}, "
                "and training would not change params"
            )
    return made


def _same_memory(a: Array, b: Array) -> bool:
    return a is b or (a.__array_interface__ == b.__array_interface__ and a.strides == b.strides)


def _regularizers(given: object, params: Arrays) -> tuple[Regularizer, ...]:
    if given is None:
        return ()
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    for k, regularizer in enumerate(several):
        if not isinstance(regularizer, Regularizer):
            label = f"regularizer[{k}]" if isinstance(given, list | tuple) else "regularizer"
            raise TypeError(f"{label}: expected one of fastopt.regularizers, got {regularizer!r}")
        regularizer(params)  # refuses what it would refuse in the first step
    return several


def _callbacks(given: object) -> list[Callback]:
    if given is None:
        return []
    if isinstance(given, Callback) or not isinstance(given, Iterable):
        return [_callback("callbacks", given)]
    several = list(given)
    for k, callback in enumerate(several):
        if isinstance(callback, Callback) and any(callback is other for other in several[:k]):
            raise ValueError(f"callbacks[{k}]: expected each object once, got {callback!r} again")
    return [_callback(f"callbacks[{k}]", callback) for k, callback in enumerate(several)]


def _callback(label: str, callback: object) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if isinstance(callback, type) or not callable(callback):
        raise TypeError(
            f"{label}: expected an object of a class derived from fastopt.callbacks.Callback, "
            f"or a function of run and record, got {callback!r}"
        )
    return FunctionCallback(callback)
