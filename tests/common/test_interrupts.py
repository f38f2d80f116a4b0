"""Ctrl-C: held back until it does no harm, forced by the third press, and left alone where it is not ours."""

import io
import os
import signal
import sys
import threading

import numpy as np
import pytest

from fastopt import SGD, Adam
from fastopt._common.files import save_npz, whole_file
from fastopt._common.interrupts import SAID, interrupts_deferred, interrupts_held, print_line
from fastopt.callbacks import Checkpoint
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


class Pressing(io.RawIOBase):
    """A file during the writing of which somebody presses Ctrl-C, so many times in all."""

    def __init__(self, presses):
        self.presses = presses
        self.lines = []

    def writable(self):
        return True

    def write(self, data):
        self.lines += bytes(data).decode().splitlines()
        while self.presses:
            self.presses -= 1
            press()
        return len(data)


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_press_in_the_middle_of_a_print_is_answered_after_it(monkeypatch, unbuffered, presses, looked_at):
    """The streams of Python let no print into another: the answer waits, and is not lost."""
    raw = Pressing(presses)
    layers = raw if unbuffered else io.BufferedWriter(raw)
    stream = io.TextIOWrapper(layers, line_buffering=not unbuffered, write_through=unbuffered)
    monkeypatch.setattr("sys.stderr", stream)
    with interrupts_held() as interrupts:
        print_line("epoch 1/2")
        if looked_at:
            assert interrupts.pressed
            print_line("the next")
    stream.detach()
    assert raw.lines == ["epoch 1/2", *SAID[:presses], *["the next"][:looked_at]]


def test_a_press_is_answered_where_standard_error_fails(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Closed())
    with interrupts_held() as interrupts:
        press()
        assert interrupts.pressed


@pytest.mark.parametrize("where", ["progress", "callback", "loss", "file"])
def test_the_answer_comes_wherever_the_press_lands(monkeypatch, tmp_path, where):
    raw = Pressing(where == "progress")
    stream = io.TextIOWrapper(io.BufferedWriter(raw), line_buffering=True)
    monkeypatch.setattr("sys.stderr", stream)

    def pressing(*given):
        if where != "file":
            press()
        else:
            save_npz(tmp_path / "w.npz", Insisting(1, w=np.ones(2)))

    def loss_and_grads(w, x):
        if where == "loss" and not w[0]:
            press()
        return 1.0, -np.ones(2)

    callbacks = [pressing] if where in ("callback", "file") else []
    history = fit(np.zeros(2), loss_and_grads, callbacks=callbacks, progress=True)
    stream.detach()
    assert history.status == "interrupted"
    assert raw.lines.count(SAID[0]) == 1


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


# -- optimizers ------------------------------------------------------------------------------------


def interrupted_everywhere(made, operation):
    """Do `operation` with one object after the other, each interrupted one instruction later; yield them all.

    The last one is not interrupted.
    """
    for when in range(1, 100_000):
        subject, left = made(), when

        def trace(frame, event, argument):
            nonlocal left
            frame.f_trace_opcodes = True
            if event == "opcode":
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            operation(subject)
        except KeyboardInterrupt:
            sys.settrace(before)
            yield subject
        else:
            sys.settrace(before)
            assert when > 20
            yield subject
            return
        finally:
            sys.settrace(before)


def adam(steps=0, **hyper):
    params = {"W": np.ones((2, 2)), "b": np.zeros(3, np.float32)}
    opt = Adam(params, **{"lr": 0.5, **hyper})
    for _ in range(steps):
        opt.step({"W": np.full((2, 2), 3.0), "b": np.ones(3, np.float32)})
    return opt


def standing(opt):
    """Return what a step changes, as bytes."""
    arrays = (opt.params, *opt.state.values())
    return opt.steps, *(a.tobytes() for structure in arrays for a in structure.values())


def test_a_state_is_loaded_whole_or_not_at_all():
    saved = adam(3).state_dict()
    old, new = standing(adam(1)), adam(1)
    new.load_state_dict(saved)
    seen = {
        standing(opt) for opt in interrupted_everywhere(lambda: adam(1), lambda o: o.load_state_dict(saved))
    }
    assert seen == {old, standing(new)}


@pytest.mark.parametrize(
    ("before", "field", "value"),
    [
        (0.5, "lr", 0.25),
        (0.5, "lr", lambda t: 0.25),
        (lambda t: 0.5, "lr", 0.25),
        (0.5, "betas", (0.5, lambda t: 0.75)),
        (lambda t: 0.5, "weight_decay", 0.125),
    ],
)
def test_a_hyperparameter_is_what_steps_use(before, field, value):
    values = set()
    for opt in interrupted_everywhere(lambda: adam(lr=before), lambda o: setattr(o, field, value)):
        values.add(getattr(opt, field))
        same = adam(lr=opt.lr, betas=opt.betas, weight_decay=opt.weight_decay)
        for each in (opt, same):
            each.step({"W": np.full((2, 2), 3.0), "b": np.ones(3, np.float32)})
        assert standing(opt) == standing(same)
    assert values == {getattr(adam(lr=before), field), value}


def test_a_state_is_loaded_with_its_schedules_or_not_at_all():
    class Patient:
        value = 0.5
        refusing = True

        def __call__(self, t):
            return self.value

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            press()
            self.value = state["value"]
            if self.refusing:
                raise ValueError("mine")

    opts = [adam(lr=Patient(), betas=(Patient(), 0.5)) for _ in range(2)]
    opts[0].betas[0].value = 0.25
    opts[0].step({"W": np.full((2, 2), 3.0), "b": np.ones(3, np.float32)})
    saved, before = opts[0].state_dict(), repr(opts[1].state_dict())
    with pytest.raises(KeyboardInterrupt):
        opts[1].load_state_dict(saved)
    assert repr(opts[1].state_dict()) == before
    Patient.refusing = False
    with pytest.raises(KeyboardInterrupt):
        opts[1].load_state_dict(saved)
    assert repr(opts[1].state_dict()) == repr(saved)


def test_a_step_is_taken_whole_or_not_at_all():
    def step(opt):
        opt.step({"W": np.full((2, 2), 3.0), "b": np.ones(3, np.float32)})

    scheduled = {"lr": lambda t: 0.5 + t, "betas": (lambda t: 0.5, 0.75)}
    seen = {standing(opt) for opt in interrupted_everywhere(lambda: adam(1, **scheduled), step)}
    assert seen == {standing(adam(1, **scheduled)), standing(adam(2, **scheduled))}


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
    """Arrays during whose saving somebody presses Ctrl-C, by default again, and again."""

    def __init__(self, presses=3, **arrays):
        super().__init__(**arrays)
        self.presses = presses

    def items(self):
        for _ in range(self.presses):
            press()
        return super().items()


def test_a_checkpoint_is_whole_however_impatient_the_finger(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    monkeypatch.setattr(
        "fastopt.training.monitors.save_npz",
        lambda path, arrays, note: save_npz(path, Insisting(**arrays), note=note),
    )
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
        **{"progress": False, **options},
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
