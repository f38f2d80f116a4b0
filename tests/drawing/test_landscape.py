"""``fastopt landscape`` and the pictures behind it: what is drawn, written, printed and refused."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt import cli, plots, problems
from fastopt.drawing.ground import Ground, height_on_surface
from fastopt.drawing.landscape import compose
from fastopt.drawing.style import MOST
from fastopt.drawing.tracks import within_reach
from fastopt.problems import PROBLEMS, Minimum, Problem
from fastopt.rules.catalogue import NAMES
from fastopt.trajectories import maker, trace


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("steps", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_steps_are_counted_in_whole_numbers(steps, error):
    with pytest.raises(error, match=f"steps: expected a whole number >= 0, got {steps}"):
        trace(problems.parabola, maker("sgd", 0.1), steps)


def runs(problem, *lrs, name="sgd", steps=10):
    return {f"{name}, lr {lr}": trace(problem, maker(name, lr), steps) for lr in lrs}


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def main(*argv: str) -> int:
    try:
        return cli.main(["landscape", *argv])
    except SystemExit as error:
        return int(error.code)


# What is drawn.


def test_one_parameter_as_in_the_lectures():
    figure, tracks = compose(problems.parabola, runs(problems.parabola, 0.05, 0.2, 1.1))
    *curves, losses = figure.axes
    assert [axes.get_title() for axes in curves] == ["sgd, lr 0.05", "sgd, lr 0.2", "sgd, lr 1.1"]
    assert legend(figure) == [
        "start",
        "minimum",
        "sgd, lr 0.05",
        "sgd, lr 0.2",
        "sgd, lr 1.1, diverges: leaves the axes at step 6",
    ]
    assert tracks[2].path[:3] == pytest.approx(np.array([[10, 100], [-12, 144], [14.4, 207.36]]))
    assert losses.get_yscale() == "log"
    assert len(losses.lines) == 6
    assert figure.get_suptitle() == "Parabola:  $x^2$"


def test_contours():
    paths = runs(problems.rosenbrock, 0.001, 0.5, steps=30)
    figure, tracks = compose(problems.rosenbrock, paths)
    contours, bar, losses = figure.axes
    assert (contours.get_xlabel(), contours.get_ylabel()) == ("$x$", "$y$")
    assert contours.get_title() == "contours of the loss"
    assert bar.get_yscale() == "log"
    assert (contours.get_xlim(), contours.get_ylim()) == problems.rosenbrock.bounds
    assert losses.get_ylim()[1] < 1e5
    assert legend(figure)[3] == "sgd, lr 0.5, diverges: leaves the axes at step 1"
    assert np.array_equal(tracks[0].path, paths["sgd, lr 0.001"].points)
    assert np.abs(tracks[1].path).max() < 100
    tracks[0].show(3)
    assert len(tracks[0].line.get_xdata()) == 4


def test_scales():
    logarithmic = {name for name, p in PROBLEMS.items() if Ground.of(p, [np.array(p.start)]).scale.log}
    assert logarithmic == {"bowl", "linear_regression", "rosenbrock", "beale", "himmelblau"}
    figure = plots.landscape(problems.saddle, runs(problems.saddle, 0.05))
    assert figure.axes[2].get_yscale() == "linear"
    assert "minimum" not in legend(figure)
    below = Problem(
        "line",
        "Line",
        "$x$",
        "",
        lambda x: (x, (x * 0 + 1,)),
        (0.5,),
        ((0.0, 1.0),),
        Minimum(0.0, ((0.0,),)),
        ("$x$",),
    )
    assert plots.landscape(below, runs(below, 0.1)).axes[-1].get_yscale() == "linear"
    flat = runs(problems.gabor, 0.0)
    assert plots.landscape(problems.gabor, flat).axes[2].get_ylabel() == "loss above the minimum"
    assert plots.landscape(problems.gabor, flat).axes[2].get_title() == "loss at each step"
    arrived = {"at once": trace(problems.parabola, maker("sgd", 0.5), 2, start=[1.0])}
    assert plots.landscape(problems.parabola, arrived).axes[1].get_title().endswith("drawn down to 5e-13")
    at_rest = {"here": trace(problems.parabola, maker("sgd", 0.1), 0, start=[0.0])}
    plots.landscape(problems.parabola, at_rest).draw_without_rendering()


def test_start_far_away_is_shown():
    path = trace(problems.bowl, maker("sgd", 0.1), 5, start=[20.0, 1.0])
    figure = plots.landscape(problems.bowl, {"sgd": path})
    low, high = figure.axes[0].get_xlim()
    assert high - 20 == pytest.approx(0.045 * (high - low), rel=0.1)  # room for its circle
    assert legend(figure)[2] == "sgd"


def test_fates():
    def entry(problem, points):
        points = np.array(points, float)
        path = trace(problem, maker("sgd", 0.1), 0)
        object.__setattr__(path, "points", points)
        object.__setattr__(path, "losses", problem(points))
        return legend(plots.landscape(problem, {"it": path}))[-1]

    assert entry(problems.parabola, [[1], [2]]) == "it"
    assert entry(problems.parabola, [[1], [99], [2]]) == "it, partly outside the axes"
    assert entry(problems.parabola, [[1], [99], [2], [-99]]) == "it, diverges: leaves the axes at step 1"
    assert entry(problems.saddle, [[1, 0], [0, 9]]) == "it, leaves the axes at step 1"
    path = trace(problems.parabola, maker("sgd", 1e200), 5)
    assert legend(plots.landscape(problems.parabola, {"it": path}))[-1] == "it, not finite after step 0"


def test_no_line_goes_to_the_end_of_the_world():
    ground = Ground.of(problems.saddle, [])
    far = within_reach(ground, np.array([[1.0, 0.0], [-1.0, 1.0], [1e300, -1e300], [np.inf, np.nan]]))
    assert len(far) == 3
    assert np.abs(far).max() == pytest.approx(20, rel=0.2)


@pytest.mark.parametrize("name", ["parabola", "rosenbrock"])
def test_wild_trajectories_are_drawn(tmp_path, name):
    problem = PROBLEMS[name]
    wild = runs(problem, 0.0, 1e-300, 1.0, 1e100, 1e154, 1e300) | runs(problem, 1e5, 1e300, name="adam")
    plots.save_landscape(tmp_path / "a.png", problem, wild)
    nowhere = runs(problem, 0.1, steps=0)
    plots.save_landscape_animation(tmp_path / "a.gif", problem, nowhere)


def test_surface_and_many_lines(tmp_path):
    paths = runs(problems.himmelblau, *np.linspace(0.001, 0.01, MOST).round(4), steps=3)
    figure, tracks = compose(problems.himmelblau, paths, surface=True)
    assert figure.axes[0].name == "3d"
    assert r"$\log_{10}$" in figure.axes[0].get_title()
    tracks[0].show(1)
    markers = {(line.get_color(), line.get_marker()) for line in figure.axes[1].lines[::2]}
    assert len(markers) == MOST
    figure.draw_without_rendering()
    with pytest.raises(ValueError, match="expected 1 to 14 in one picture, got 15"):
        plots.landscape(problems.himmelblau, {**paths, "one more": paths["sgd, lr 0.001"]})
    with pytest.raises(ValueError, match="expected 1 to 14 in one picture, got 0"):
        plots.landscape(problems.himmelblau, {})
    with pytest.raises(ValueError, match="a surface needs two parameters"):
        plots.landscape(problems.parabola, runs(problems.parabola, 0.1), surface=True)


def test_the_floor_of_a_narrow_valley_is_no_saw():
    ground = Ground.of(problems.rosenbrock, [])
    x = np.linspace(1.05, 1.65, 200)
    floor = height_on_surface(ground, np.stack([x, x**2], axis=-1))
    smooth = np.polynomial.Polynomial.fit(x, floor, 3)(x)
    assert np.abs(floor - smooth).max() < 0.1
    x, y, heights = ground.surface
    corners = np.stack(np.meshgrid(x[[0, 7, -1]], y[[0, 30, -1]]), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(
        height_on_surface(ground, corners), heights[np.ix_([0, 30, -1], [0, 7, -1])].ravel()
    )


def test_three_parameters_are_too_many():
    bounds = ((-1.0, 1.0),) * 3
    ball = Problem(
        "ball",
        "Ball",
        "$x^2$",
        "",
        lambda *x: (sum(c * c for c in x), tuple(2 * c for c in x)),
        (1.0,) * 3,
        bounds,
        Minimum(0.0, ()),
        ("x", "y", "z"),
    )
    with pytest.raises(ValueError, match="ball: expected 1 or 2 parameters, got 3"):
        plots.landscape(ball, runs(ball, 0.1))


# The command.


def test_default(capsys, tmp_path):
    assert main() == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "Gabor model, mean squared error: 200 steps from 0, 5, loss 0.285, minimum 0.00886\n"
    )
    assert re.search("^adam +0.2 ", out, re.M)
    assert out.endswith("wrote gabor.png\n")
    assert (tmp_path / "gabor.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "gabor.png").stat().st_size < 150_000
    assert [path.name for path in tmp_path.iterdir()] == ["gabor.png"]


def test_learning_rates(capsys):
    argv = ["--problem", "parabola", "--optimizers", "sgd,adam", "--lr", "0.05,1.1,adam:0.5", "--steps", "4"]
    assert main(*argv, "--start", "-3", "--out", "curve.svg") == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("Parabola: 4 steps from -3, loss 9, minimum 0")
    assert [row.split()[:2] for row in rows[2:5]] == [["sgd", "0.05"], ["sgd", "1.1"], ["adam", "0.5"]]


@pytest.mark.parametrize("names", [NAMES[k : k + 14] for k in range(0, len(NAMES), 14)], ids="-".join)
def test_every_optimizer_on_a_surface(names, capsys, tmp_path):
    argv = ["--problem", "bowl", "--optimizers", ",".join(names), "--steps", "3"]
    assert main(*argv, "--surface", "--start=-5,-2", "--out", "b.PDF") == 0
    assert capsys.readouterr().out.count("\n") == len(names) + 3
    assert (tmp_path / "b.PDF").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("problem", ["himmelblau", "parabola"])
def test_animation(capsys, tmp_path, problem):
    from PIL import Image

    argv = ["--problem", problem, "--optimizers", "sgd,adam", "--steps", "7"]
    assert main(*argv, "--animate", "a.gif") == 0
    assert capsys.readouterr().out.endswith("wrote a.gif\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.n_frames == 8
        picture.seek(7)
        assert picture.info["duration"] == 2500
    assert (tmp_path / "a.gif").stat().st_size < 1_000_000


def test_divergence(capsys):
    assert main("--problem", "rosenbrock", "--optimizers", "sgd", "--lr", "1", "--out", "r.png") == 0
    assert "not finite after step " in capsys.readouterr().out


def test_list(capsys, tmp_path):
    assert main("--list") == 0
    out = capsys.readouterr().out
    assert all(re.search(f"^{name} +{p.dimension} ", out, re.M) for name, p in PROBLEMS.items())
    assert not list(tmp_path.iterdir())


def test_help(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main("--help") == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 84
    assert all(name in out for name in (*PROBLEMS, *NAMES))
    for command in re.findall("^  fastopt (landscape.*)$", out, re.M):
        cli.build_parser(["landscape"]).parse_args(command.split())


def test_a_problem_is_known_in_any_case():
    assert cli.build_parser(["landscape"]).parse_args(["landscape", "--problem", "Beale"]).problem == "beale"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--problem nowhere", "invalid choice: 'nowhere' (choose from 'parabola', 'wave', "),
        ("--optimizers sgd,newton", "expected an optimizer of sgd, momentum, nesterov, signsgd"),
        ("--optimizers sgd,adam,SGD", "expected each once, got 'sgd' again"),
        ("--optimizers=", "expected an optimizer of sgd"),
        ("--lr fast", "expected numbers as in 0.1 or adam:0.05, separated by commas, got 'fast'"),
        ("--lr 0.1,", "expected numbers as in 0.1"),
        ("--lr -1", "lr: expected a finite number >= 0, got -1.0"),
        ("--lr nan", "lr: expected a finite number >= 0, got nan"),
        ("--lr adagrad:1", "--lr: 'adagrad' is not among the optimizers sgd, momentum"),
        ("--lr 0.1,0.1", "--lr: expected different learning rates, got sgd, lr 0.1 twice"),
        ("--lr 1,2,3", "expected at most 14 trajectories in a picture, got 15"),
        ("--steps 0", "expected a positive integer, got '0'"),
        ("--steps 1000000000000", "--steps: expected at most 1000000 steps in a picture, got 1000000000000"),
        ("--start 1", "start: expected 2 numbers for gabor, got 1 number"),
        ("--start 1,2,3", "start: expected 2 numbers for gabor, got 3 numbers"),
        ("--start 1,x", "expected numbers as in -1.5,2, got '1,x'"),
        ("--start 1,inf", "expected numbers as in -1.5,2, got '1,inf'"),
        (
            "--problem rosenbrock --start 1e200,0",
            "start: the loss of rosenbrock or its gradient is not finite",
        ),
        ("--out a.xyz", "--out: expected a file name ending in .png, .svg or .pdf, got 'a.xyz'"),
        ("--out a", "--out: expected a file name ending in"),
        ("--out nowhere/a.png", "--out: cannot write to nowhere: No such file or directory"),
        ("--animate a.png", "--animate: expected a file name ending in .gif, got 'a.png'"),
        ("--problem wave --surface", "--surface: wave has one parameter, a surface needs two"),
    ],
)
def test_refusals(capsys, monkeypatch, tmp_path, argv, message):
    if "start" not in argv:
        monkeypatch.setattr("fastopt.cli.landscape.trace", lambda *args: pytest.fail("computed something"))
    assert main(*argv.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.match("fastopt landscape: error: ", err)
    assert message in err
    assert not list(tmp_path.iterdir())


def test_a_directory_is_no_picture(capsys, tmp_path):
    (tmp_path / "a.png").mkdir()
    assert main("--out", "a.png") == 2
    assert "--out: expected a file, got the directory a.png" in capsys.readouterr().err


def test_a_picture_appears_whole_or_not_at_all(monkeypatch, capsys, tmp_path):
    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plots, "save_landscape_animation", full)
    assert main("--steps", "1", "--animate", "a.gif") == 1
    assert capsys.readouterr().err == (
        "fastopt landscape: error: cannot write a.gif: No space left on device\n"
    )
    assert not list(tmp_path.iterdir())
