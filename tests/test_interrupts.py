"""Ctrl-C: held back until it does no harm, forced by the third press, and left alone where it is not ours."""

import os
import signal
import threading

import numpy as np
import pytest

from fastopt import SGD
from fastopt.callbacks import Checkpoint
from fastopt.interrupts import interrupts_deferred, interrupts_held
from fastopt.storage import save_npz, whole_file
from fastopt.training import train


def press():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _handler_put_back():
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_the_third_press_comes_through(capsys):
    with interrupts_held() as interrupts:
        assert (interrupts.pressed, capsys.readouterr().err) == (False, "")
        press()
        assert interrupts.pressed
        assert "stopping after this step" in capsys.readouterr().err
        press()
        assert "once more" in capsys.readouterr().err
        assert not interrupts.insisted
        with pytest.raises(KeyboardInterrupt):
            press()
        assert interrupts.insisted


def test_without_a_place_to_say_it(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with interrupts_held() as interrupts:
        press()
    assert interrupts.pressed


def test_blocks_inside_each_other_share_their_presses():
    with interrupts_held() as outer:
        with interrupts_held() as inner:
            press()
        assert outer.pressed
        assert inner.pressed


def test_deferred_presses_have_their_effect_at_the_end():
    done = []

    def deferred(presses):
        with interrupts_deferred():
            for _ in range(presses):
                press()
            done.append(presses)

    with pytest.raises(KeyboardInterrupt):
        deferred(1)
    with interrupts_held() as interrupts:
        deferred(2)
        assert interrupts.pressed
        with pytest.raises(KeyboardInterrupt):
            deferred(4)
    assert done == [1, 2, 4]


def test_what_is_held_inside_what_is_deferred_is_not_deferred():
    with interrupts_deferred(), interrupts_held() as interrupts:
        press()
        assert interrupts.pressed


def test_another_handler_of_ctrl_c_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with interrupts_held() as interrupts, interrupts_deferred():
            press()
            assert not interrupts.pressed
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]


def test_in_another_thread_it_is_left_alone():
    pressed = []

    def work():
        with interrupts_deferred(), interrupts_held() as interrupts:
            pressed.append(interrupts.pressed)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert pressed == [False]


# -- files ----------------------------------------------------------------------------------------


def test_a_file_is_finished_before_ctrl_c_has_its_effect(tmp_path):
    path = tmp_path / "w.npz"
    with pytest.raises(KeyboardInterrupt):
        save_npz(path, Insisting(w=np.ones(2)))
    assert np.load(path)["w"].tolist() == [1, 1]


def test_a_file_that_is_not_finished_leaves_nothing(tmp_path):
    def write():
        with whole_file(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            press()

    with pytest.raises(KeyboardInterrupt):
        write()
    assert os.listdir(tmp_path) == []


class Insisting(dict):
    """Arrays during whose saving somebody presses Ctrl-C, and again, and again."""

    def items(self):
        for _ in range(3):
            press()
        return super().items()


def test_a_checkpoint_is_whole_however_impatient_the_finger(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    monkeypatch.setattr("fastopt.callbacks.save_npz", lambda path, arrays: save_npz(path, Insisting(arrays)))
    w = np.zeros(2)
    with pytest.raises(KeyboardInterrupt):
        fit(w, callbacks=[Checkpoint(path)])
    assert np.load(path)["params"].tolist() == w.tolist() == [1, 1]


# -- what hangs -----------------------------------------------------------------------------------


def fit(w, loss_and_grads=lambda w, x: (1.0, -np.ones(2)), **options):
    return train(
        loss_and_grads,
        w,
        np.ones((4, 1)),
        SGD(w, lr=1.0),
        epochs=3,
        batch_size=None,
        progress=False,
        **options,
    )


def hang():
    """Wait for what never comes, while a finger presses Ctrl-C."""
    for _ in range(100):
        press()
    raise AssertionError("still here")


def test_a_step_that_hangs_can_be_interrupted(capsys):
    w = np.zeros(2)

    def loss_and_grads(w, x):
        return hang() if w[0] == 2 else (1.0, -np.ones(2))

    with pytest.raises(KeyboardInterrupt):
        fit(w, loss_and_grads)
    assert w.tolist() == [2, 2]
    assert "stopping after this step" in capsys.readouterr().err


def test_a_validation_that_hangs_can_be_interrupted():
    w = np.zeros(2)
    with pytest.raises(KeyboardInterrupt):
        fit(w, validation=lambda w: hang() if w[0] == 2 else {"gap": 0.0})


def test_a_callback_that_hangs_can_be_interrupted():
    with pytest.raises(KeyboardInterrupt):
        fit(np.zeros(2), callbacks=[lambda run, record: hang()])


def test_a_validation_that_hangs_at_the_end_can_be_interrupted():
    """The first press ends the step, the others what is computed after it."""
    w = np.zeros(2)

    def loss_and_grads(w, x):
        press()
        return 1.0, -np.ones(2)

    with pytest.raises(KeyboardInterrupt):
        fit(w, loss_and_grads, validation=lambda w: hang() if w[0] else {})
    assert w.tolist() == [1, 1]
