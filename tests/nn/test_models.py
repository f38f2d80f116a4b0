"""The models: gradients by differences, initialisation, what the parameters look like."""

import math

import numpy as np
import pytest

from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.models import MLP, Linear
from support import numeric_gradient

MODELS = [
    Linear(5, 4),
    Linear(5, 4, multiclass_hinge),
    MLP(5, (), 4),
    MLP(5, (7,), 4),
    MLP(5, (7, 6), 4, multiclass_hinge),
    MLP(5, (1, 3, 2), 4),
]


def batch(n=9, features=5, classes=4, dtype=np.float64, seed=3):
    rng = np.random.default_rng(seed)
    return rng.random((n, features)).astype(dtype), rng.integers(classes, size=n)


def moved(model, dtype=np.float64):
    """Return parameters away from the start, so that biases and all layers matter."""
    rng = np.random.default_rng(11)
    params = model.init(0, dtype)
    return {k: p + (0.5 * rng.standard_normal(p.shape)).astype(dtype) for k, p in params.items()}


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_gradients_against_central_differences(model):
    x, labels = batch()
    params = moved(model)
    _, grads = model.loss_and_grads(params, x, labels)
    for name, param in params.items():
        numeric = numeric_gradient(lambda: model.loss_and_grads(params, x, labels)[0], param)
        np.testing.assert_allclose(grads[name], numeric, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_look_like_the_parameters(model, dtype):
    x, labels = batch(dtype=dtype)
    params = moved(model, dtype)
    before = {name: p.tobytes() for name, p in params.items()}, x.tobytes()
    loss, grads = model.loss_and_grads(params, x, labels)
    assert list(params) == sorted(grads, key=list(params).index)
    assert {k: (g.shape, g.dtype) for k, g in grads.items()} == {
        k: (p.shape, p.dtype) for k, p in params.items()
    }
    assert ({name: p.tobytes() for name, p in params.items()}, x.tobytes()) == before
    scores = model.scores(params, x)
    assert (scores.shape, scores.dtype) == ((9, 4), dtype)
    assert loss == model.loss(scores, labels)[0]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_init_is_seeded_and_drawn_once_for_both_dtypes(model):
    single, double = model.init(5, np.float32), model.init(5, np.float64)
    for name, param in single.items():
        assert param.dtype == np.float32
        assert double[name].dtype == np.float64
        np.testing.assert_array_equal(param, double[name].astype(np.float32))
    other = model.init(6)
    assert all(not np.array_equal(single[k], other[k]) for k in single if k.startswith("W"))


def test_he_initialisation():
    params = MLP(400, (300, 200), 100).init(0, np.float64)
    assert list(params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    for weights in (params["W1"], params["W2"], params["W3"]):
        deviation = math.sqrt(2 / len(weights))
        assert weights.std() == pytest.approx(deviation, rel=0.02)
        assert abs(weights.mean()) < 5 * deviation / math.sqrt(weights.size)
    assert not any(params[name].any() for name in ("b1", "b2", "b3"))


@pytest.mark.parametrize(("loss", "expected"), [(softmax_cross_entropy, math.log(10)), (multiclass_hinge, 9)])
def test_loss_at_small_random_weights(loss, expected):
    """The lectures' sanity check: no class is preferred yet."""
    model = Linear(64, 10, loss)
    x, labels = batch(500, 64, 10)
    assert model.loss_and_grads(model.init(0), x, labels)[0] == pytest.approx(expected, rel=0.02)


def test_mlp_without_hidden_layers_is_linear():
    x, labels = batch()
    params = moved(Linear(5, 4))
    loss, grads = Linear(5, 4).loss_and_grads(params, x, labels)
    same, same_grads = MLP(5, (), 4).loss_and_grads({"W1": params["W"], "b1": params["b"]}, x, labels)
    assert same == loss
    np.testing.assert_array_equal(same_grads["W1"], grads["W"])
    np.testing.assert_array_equal(same_grads["b1"], grads["b"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(0, 4), "n_features: expected a positive integer, got 0"),
        (lambda: Linear(5, -1), "n_classes: expected a positive integer, got -1"),
        (lambda: MLP(5, (3, 0), 4), r"hidden\[1\]: expected a positive integer, got 0"),
    ],
)
def test_bad_sizes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("model", [Linear(5, 4), MLP(5, (3,), 4)], ids=str)
@pytest.mark.parametrize("dtype", [np.float16, np.int64, ">f4"])
def test_bad_dtype(model, dtype):
    with pytest.raises(TypeError, match="dtype: expected float32 or float64, got"):
        model.init(0, dtype)


@pytest.mark.parametrize("make", [lambda loss: Linear(5, 4, loss), lambda loss: MLP(5, (3,), 4, loss)])
def test_a_loss_that_can_writes_its_gradient_over_the_scores(make):
    seen = []

    def in_place(scores, labels, *, out=None):
        seen.append(out is scores)
        return softmax_cross_entropy(scores, labels, out=out)

    def plain(scores, labels):
        return softmax_cross_entropy(scores, labels)

    x, labels = batch()
    for order in (x, np.asfortranarray(x), x[:1], np.repeat(x, 2, axis=1)[:, ::2]):
        params = {name: np.asfortranarray(p) for name, p in moved(make(plain)).items()}
        mine, theirs = (
            make(loss).loss_and_grads(params, order, labels[: len(order)]) for loss in (in_place, plain)
        )
        assert mine[0] == theirs[0]
        for name, grad in theirs[1].items():
            np.testing.assert_array_equal(mine[1][name], grad)
    assert seen == [True] * 4


def test_str():
    assert str(Linear(64, 10)) == "linear 64-10"
    assert str(MLP(64, (256, 128), 10)) == "mlp 64-256-128-10"
