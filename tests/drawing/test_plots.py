"""What the pictures show: the lines and their labels."""

from dataclasses import replace

from matplotlib.figure import Figure

from fastopt.callbacks import EarlyStopping
from fastopt.plots import save_training_curves, training_curves
from fastopt.training import train_in_turns
from fastopt.training.pictures import draw_comparison
from runs import make_run


def labels(figure: Figure) -> list[list[str]]:
    return [[line.get_label() for line in axes.lines] for axes in figure.axes]


def test_training_curves():
    metrics = {"train_accuracy": 0.5, "held_out_loss": 1.5, "held_out_accuracy": 0.25, "norm": 3.0}
    runs = [make_run(name, metrics=lambda params: metrics) for name in ("mine", "theirs")]
    train_in_turns(runs, epochs=2)
    figure = training_curves(runs, "title")
    assert labels(figure) == [
        ["training\n(mean over the epoch)", "held-out"],
        ["training", "held-out"],
        ["mine", "theirs"],
    ]
    assert list(figure.axes[1].lines[1].get_ydata()) == [25, 25]
    assert list(figure.axes[1].lines[1].get_xdata()) == [1, 2]


def test_a_penalty_is_told_from_the_loss():
    run = make_run()
    train_in_turns([run], epochs=1)
    run.history[0] = replace(run.history[0], penalty=0.5)
    assert labels(training_curves([run], unit="iteration"))[0][0] == "training + penalty"


def test_the_epoch_that_was_put_back_is_marked():
    values = iter([3.0, 1.0, 2.0])
    run = make_run(metrics=lambda params: {"held_out_loss": next(values), "held_out_accuracy": 0.5})
    train_in_turns([run], epochs=3, callbacks=[EarlyStopping("held_out_loss")])
    loss, accuracy, _ = training_curves([run]).axes
    for axes in (loss, accuracy):
        assert list(axes.lines[-1].get_xdata()) == [2, 2]
        assert axes.get_legend().get_texts()[-1].get_text() == "put back: epoch 2"


def test_what_ends_in_its_first_epoch_has_room_for_its_ticks():
    run = make_run(metrics=lambda params: {"held_out_loss": float("nan"), "held_out_accuracy": 0.5})
    train_in_turns([run], epochs=1)
    run.history[0] = replace(run.history[0], epoch=0.0833)
    comparison = Figure()
    draw_comparison([run], comparison, {"loss": "loss", "held_out_loss": "held-out loss"})
    for axes in (*training_curves([run]).axes, *comparison.axes):
        assert axes.get_xlim() == (0, 1.05)


def test_no_run_is_left_out():
    runs = [make_run(str(number)) for number in range(9)]
    train_in_turns(runs, epochs=1)
    assert labels(training_curves(runs))[2] == list("012345678")


def test_runs_without_history(tmp_path):
    save_training_curves(tmp_path / "curves.png", [make_run()])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
