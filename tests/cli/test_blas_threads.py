"""Threads of BLAS: as many as the products have work for, and put back."""

import pytest

import fastopt
from cli.training_runs import SMALL
from fastopt import cli
from fastopt.cli.report import Progress
from fastopt.cli.threads import VARIABLES, WORTH, use_threads


def test_threads_are_set_and_given_back(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before, seen = fastopt.get_num_threads(), []
    original = Progress.on_step

    def on_step(self, run, loss):
        seen.append(fastopt.get_num_threads())
        original(self, run, loss)

    monkeypatch.setattr(Progress, "on_step", on_step)
    assert cli.main([*SMALL, "--threads", "3"]) == 0
    assert set(seen) == {3}
    assert fastopt.get_num_threads() == before
    with threadpoolctl.threadpool_limits(1):  # the default, and not a number that once was it
        assert fastopt.get_num_threads() == 1


@pytest.fixture
def four_threads_of_blas(monkeypatch):
    """Have four, and nothing in the environment about them."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def blas():
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(4, user_api="blas"):
        yield blas
        assert blas() == {4}


def test_threads_of_blas_have_enough_to_do(four_threads_of_blas):
    before = fastopt.get_num_threads()
    for product, expected in (
        (0, 1),
        (WORTH, 1),
        (2 * WORTH - 1, 1),
        (2 * WORTH, 2),
        (3 * WORTH, 3),
        (9 * WORTH, 4),
    ):
        with use_threads(None) as threads:
            assert four_threads_of_blas() == {4}
            threads.suit(product)
            assert four_threads_of_blas() == {expected}
            assert str(threads) == f"threads: {before} for fastopt, {expected} for BLAS"
        assert four_threads_of_blas() == {4}
    assert fastopt.get_num_threads() == before


@pytest.mark.parametrize("variable", VARIABLES)
def test_threads_that_somebody_chose_are_left_alone(four_threads_of_blas, monkeypatch, variable):
    with use_threads(3) as threads:
        threads.suit(0)
        assert str(threads) == "threads: 3 for fastopt, 3 for BLAS"
    monkeypatch.setenv(variable, "4")
    with use_threads(None) as threads:
        threads.suit(0)
        assert four_threads_of_blas() == {4}


@pytest.mark.parametrize(
    ("command", "product"),
    [
        (["train", *SMALL[1:3]], 128 * 64 * 16),
        (["train", "--model", "linear", "--batch-size", "1000000"], 1438 * 64 * 10),
        (["train", "--optimizer", "lbfgs", *SMALL[1:3], "--compare", "none"], 1438 * 64 * 16),
        (["compare", "--optimizers", "sgd:0.1,lbfgs", *SMALL[1:3]], 128 * 64 * 16),
        (["compare", "--optimizers", "lbfgs", *SMALL[1:3]], 1438 * 64 * 16),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands_know_their_products(four_threads_of_blas, monkeypatch, tmp_path, capsys, command, product):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fastopt.cli.threads.WORTH", product // 3)
    assert cli.main([*command, "--epochs", "1"]) == 0
    assert "for fastopt, 3 for BLAS" in capsys.readouterr().out
