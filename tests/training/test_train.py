"""`train`, the loop that everybody writes, in one call."""

from functools import partial

import numpy as np
import pytest

from fastopt import SGD, AdamW, regularizers, schedules
from fastopt._common.fingerprint import fingerprint
from runs import Watch
from training.problem import A, B, fit, least_squares, start


def test_a_batch_size_beyond_every_float_takes_all():
    _, history = fit(batch_size=10**400)
    assert history.epochs == [1, 2, 3, 4, 5]


def test_train_is_the_loop_that_everybody_writes():
    params, history = fit(seed=3)
    mine = start()
    rng = np.random.default_rng(3)
    losses = []
    for _ in range(5):
        order = rng.permutation(40)
        for i in range(0, 40, 8):
            loss, grads = least_squares(mine, A[order[i : i + 8]], B[order[i : i + 8]])
            losses.append(loss)
            for key, p in mine.items():
                p -= 0.1 * grads[key]
    assert fingerprint(params) == fingerprint(mine)
    assert history.step_losses == losses
    assert history.epochs == [1, 2, 3, 4, 5]
    assert history.steps == [5, 10, 15, 20, 25]
    assert history.losses == pytest.approx(np.reshape(losses, (5, 5)).mean(axis=1))
    assert history.learning_rates == [0.1] * 5
    assert history.step_learning_rates == [0.1] * 25
    assert (history.status, history.message, history.metrics, len(history)) == ("finished", "", {}, 5)
    assert min(history.seconds) > 0
    assert all(o < s for o, s in zip(history.optimizer_seconds, history.seconds, strict=True))


def test_full_batch_is_not_copied():
    seen = []

    def loss_and_grads(params, x, y):
        seen.append((x is A, y is B))
        return least_squares(params, x, y)

    _, history = fit(loss_and_grads=loss_and_grads, batch_size=None, epochs=3)
    assert seen == [(True, True)] * 3
    assert history.steps == [1, 2, 3]


def test_seeds():
    def weights(seed):
        return fingerprint(fit(seed=seed, epochs=1)[0])

    assert weights(0) == weights(0) == weights(np.random.default_rng(0)) != weights(1)
    assert weights(None) != weights(None)


@pytest.mark.parametrize("structure", ["array", "list", "tuple"])
def test_params_of_any_structure(structure):
    w = np.zeros(3)
    params = {"array": w, "list": [w], "tuple": (w,)}[structure]

    def loss_and_grads(p, x):
        error = (w if structure == "array" else p[0]) - x.mean(axis=0)
        return error @ error, 2 * error if structure == "array" else [2 * error]

    _, history = fit(params, A, loss_and_grads=loss_and_grads, epochs=40, batch_size=None)
    assert history.status == "finished"
    np.testing.assert_allclose(w, A.mean(axis=0), atol=1e-3)


def test_an_optimizer_goes_on_where_it_was():
    whole, at_once = fit(optimizer=partial(AdamW, lr=schedules.cosine(0.1, 25)), epochs=5)
    params = start()
    opt = AdamW(params, lr=schedules.cosine(0.1, 25))
    rng = np.random.default_rng(0)
    two, three = (fit(params, optimizer=opt, epochs=n, seed=rng)[1].step_learning_rates for n in (2, 3))
    assert fingerprint(params) == fingerprint(whole)
    assert two + three == at_once.step_learning_rates == [schedules.cosine(0.1, 25)(t) for t in range(25)]


def test_a_regularizer_is_added_to_loss_and_gradients():
    penalty = regularizers.l2(0.01, only="w")

    def regularized(params, x, y):
        loss, grads = least_squares(params, x, y)
        return loss + penalty.add_to(params, grads), grads

    by_hand, expected = fit(loss_and_grads=regularized)
    params, history = fit(regularizer=penalty, validation=(A, B))
    assert fingerprint(params) == fingerprint(by_hand)
    assert history.step_losses == expected.step_losses
    assert history.records[-1].penalty > 0
    assert history.records[-1].regularizer_seconds > 0
    assert history.metrics["val_loss"][-1] == pytest.approx(least_squares(params, A, B)[0])  # without it
    both, _ = fit(regularizer=[penalty, regularizers.l1(0.0, only="w")])
    assert fingerprint(both) == fingerprint(params)


def test_none_and_one_instead_of_several():
    watch = Watch()
    one = fit(callbacks=watch)[0]
    assert len(watch.epochs) == 5
    assert fingerprint(one) == fingerprint(fit(callbacks=None, regularizer=None)[0])


def test_a_function_as_callback():
    seen = []
    fit(callbacks=[lambda run, record: seen.append((record.epoch, run.steps))], epochs=2)
    assert seen == [(1, 5), (2, 10)]


def test_a_plateau_is_told_by_a_callback():
    lr = schedules.ReduceOnPlateau(0.5, factor=0.5, patience=0)
    losses = iter([3.0, 2.0, 2.0, 2.0])
    _, history = fit(
        loss_and_grads=lambda params, x, y: (next(losses), start()),
        optimizer=partial(SGD, lr=lr),
        callbacks=[lambda run, record: lr.update(record.loss)],
        batch_size=None,
        epochs=4,
    )
    assert history.learning_rates == [0.5, 0.5, 0.5, 0.25]
