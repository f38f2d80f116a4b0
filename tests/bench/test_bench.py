"""fastopt bench: its peers compute what the rules compute, its table and file are right, its refusals clear.

No time is asserted anywhere.
"""

import doctest
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import bench, cli, reference
from fastopt.bench import measurement, report, sides, timing
from fastopt.bench.generate import compiled, numpy_source, python_source
from fastopt.bench.torch_peer import TorchError, TorchSide, TorchWorker, counterpart, find_torch
from fastopt.bench.workload import Numbers, Workload, rules
from fastopt.rules import formulas
from fastopt.rules.formulas import rule
from fastopt.rules.overheard import GUARDS, Formula, Store, overhear, plain_rule

N = 33
ELEMENTWISE = [case for case in CASES if Workload(case.make([np.zeros((1, 1))])._rule, 1).elementwise]


def run(*argv: str) -> int:
    return cli.main(["bench", *argv])


def work_for(dtypes: list[type], like: np.ndarray) -> list[np.ndarray]:
    return [np.empty(like.shape, like.dtype if dtype is float else dtype) for dtype in dtypes]


# -- the peers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", ELEMENTWISE, ids=lambda case: case.name)
def test_generated_peers_equal_the_reference(case: Case, dtype: str) -> None:
    rng = np.random.default_rng(1)
    p = rng.standard_normal(N).astype(dtype)
    opt = case.make(p)
    out = [p.copy(), *(s.copy() for s in opt.state.values())]
    plain = [array.tolist() for array in out]
    for _ in range(3):
        g = rng.standard_normal(N).astype(dtype)
        hyper = opt._keywords()
        step = hyper.pop("step")
        formula = overhear(opt._rule, list(opt.state), hyper, step)

        source, dtypes = numpy_source(formula)
        arrays = out[0], g, *out[1:], *work_for(dtypes, p)
        compiled(source)([arrays], step, np.dtype(dtype), **formula.hyper)
        compiled(python_source(formula))([(plain[0], g.tolist(), *plain[1:])], step, **formula.hyper)

        reference.step(opt, g)
        expected = [p, *opt.state.values()]
        assert all(map(np.array_equal, out, expected)), source
        if dtype == "float64":
            assert all(map(np.array_equal, plain, expected)), python_source(formula)


def awkward(p: Any, g: Any, m: Any, *, step: int, lr: float) -> None:
    """What is old is needed late, what is stored is used at once, one thing is stored as it came."""
    old = m * lr
    zero = np.where(g == 0, m, 1)
    m[...] = g
    p[...] = (p - old) / zero + np.abs(m - p)


def test_old_content_is_read_before_it_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formulas.REFERENCES, "awkward", rule(awkward))
    rng = np.random.default_rng(2)
    p, g, m = rng.standard_normal((3, N))
    g[::3] = 0
    formula = overhear("awkward", ["m"], {"lr": 0.1})
    source, dtypes = numpy_source(formula)
    p1, m1, p2, m2 = p.copy(), m.copy(), p.tolist(), m.tolist()
    compiled(source)([(p1, g, m1, *work_for(dtypes, p))], 1, p.dtype, lr=0.1)
    compiled(python_source(formula))([(p2, g.tolist(), m2)], 1, lr=0.1)
    awkward(p, g, m, step=1, lr=0.1)
    for mine, want in (p1, p), (m1, m), (p2, p), (m2, m):
        assert np.array_equal(mine, want), source


@pytest.mark.parametrize(
    ("rule", "calls", "buffers"), [("sgd", 2, 1), ("sgd_momentum", 4, 1), ("adamw", 14, 1), ("adamax", 10, 1)]
)
def test_out_is_as_short_as_by_hand(rule: str, calls: int, buffers: int) -> None:
    workload = Workload(rule, 1)
    source, dtypes = numpy_source(overhear(rule, workload.slots, workload.hyper))
    assert source.count("out=") == calls
    assert source.count("np.") - source.count("np.array(") == calls
    assert dtypes == [float] * buffers


def test_peers_have_no_guards_and_the_reference_keeps_its_own() -> None:
    assert all(callable(getattr(formulas, guard)) for guard in GUARDS)
    tiny = np.full(3, 1e-40, np.float32)
    p, m, v = np.zeros_like(tiny), tiny.copy(), tiny.copy()
    plain_rule("adam")(p, np.zeros_like(p), m, v)
    assert (m != 0).all()
    reference.adam(p, np.zeros_like(p), m, v)
    assert not m.any()


def test_what_is_turned_off_is_not_in_the_formula() -> None:
    def ops(**hyper: Any) -> list[str]:
        formula: Formula = overhear("sgd_momentum", ["v"], {"lr": 0.1, "momentum": 0.9, **hyper})
        return ["store" if isinstance(event, Store) else event.op for event in formula.events]

    plain = ops(dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False)
    assert plain == ["multiply", "add", "store", "multiply", "subtract", "store"]
    assert "negative" in ops(maximize=True)
    assert len(ops(weight_decay=0.1)) == len(plain) + 2


# -- what is measured -------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules())
def test_every_rule_can_be_measured(rule: str) -> None:
    """The optimizer chooses it, the traffic is that of its arrays, and all sides agree on several arrays."""
    workload = Workload(rule, 7, count=2)
    opt = workload.optimizer(np.zeros(7, np.float32))
    written = 1 + len(opt._slots)
    assert workload.bytes_per_element == 4 * (written + written + 1)
    measurement.check(workload)


@pytest.mark.parametrize(
    ("rule", "options", "words"),
    [
        ("sgd", {}, 3),
        ("sgd_momentum", {}, 5),
        ("adamw", {}, 7),
        ("adam", {"amsgrad": True}, 9),
        ("rmsprop", {}, 5),
        ("rmsprop", {"centered": True, "momentum": 0.5}, 9),
    ],
)
def test_bytes_per_element(rule: str, options: dict[str, Any], words: int) -> None:
    assert Workload(rule, 1, options=options).bytes_per_element == 4 * words
    assert Workload(rule, 1, dtype="float64", options=options).bytes_per_element == 8 * words


@pytest.mark.parametrize("slots", range(4))
def test_a_probe_for_every_traffic(slots: int) -> None:
    options = {"centered": slots > 1, "momentum": 0.5 * (slots > 2)} if slots else {}
    workload = Workload("rmsprop" if slots else "sgd", 5, options=options)
    assert len(workload.slots) == slots
    side = sides.probe_side(Numbers(workload))
    before = np.copy(side.arrays()[0][0])
    side.step(side.grads[0])
    assert not np.array_equal(side.arrays()[0][0], before)


def test_a_workload_that_chooses_another_rule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sgd_average: SGD\(.* has chosen sgd; name its options in CHOSEN"):
        Workload("sgd_average", 1, options={"momentum": 0.0}).optimizer(np.zeros(1))


@pytest.mark.parametrize(("n", "label"), [(16, "16"), (1000, "1000"), (100_000, "100k"), (64_000_000, "64M")])
def test_size_in_words(n: int, label: str) -> None:
    assert Workload("sgd", n).label == label
    assert Workload("sgd", n, count=3).label == f"3 x {label}"


def test_a_peer_that_differs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(numbers: Numbers) -> timing.Side:
        side = sides.numpy_side(numbers)
        side.arrays()[0][1][0] = 1e-3
        return side

    monkeypatch.setattr(measurement, "numpy_side", wrong)
    with pytest.raises(measurement.Disagreement, match="adam: p of array 0 differs between fastopt and num"):
        measurement.check(Workload("adam", 5))


class Clock:
    """A side whose time is known: so many seconds a step, growing with each block."""

    def __init__(self, label: str, seconds: float, log: list[str]) -> None:
        self.label, self.elements, self.pause, self.seconds, self.log = label, 10, 0.0, seconds, log

    def time(self, repeats: int) -> float:
        self.log.append(self.label)
        return repeats * self.seconds


def test_sides_are_timed_in_turns() -> None:
    log: list[str] = []
    ratio = timing.compare(Clock("A", 1e-3, log), Clock("B", 3e-3, log), rounds=2, block=0.03)
    assert "".join(log).endswith("ABBAABBA")
    assert (ratio.median, ratio.low, ratio.high) == pytest.approx((3, 3, 3))
    assert (ratio.ours, ratio.peers) == pytest.approx((1e5, 3e5))
    assert ratio.pairs == 2
    assert not ratio.unsteady
    assert timing.Ratio(3, 2, 4, 9, 1, 3).unsteady
    assert timing.calibrated(Clock("", 1e-3, []), 0.03) == 30
    assert timing.calibrated(Clock("", 1.0, []), 0.03) == 1


# -- torch, and a stand-in for it --------------------------------------------------------------------

STAND_IN = """
import numpy as np
from types import SimpleNamespace
from fastopt import kernels

__version__, float32, float64, uint8 = "0.stand-in", np.float32, np.float64, np.uint8
threads = 0

class Tensor(np.ndarray):
    grad = None
    def split(self, n): return [self[k:k + n] for k in range(0, self.size, n)]
    def clone(self): return self.copy()
    requires_grad_ = detach = contiguous = lambda self: self

class AdamW:
    def __init__(self, params, lr, betas, eps, weight_decay, amsgrad, maximize, fused):
        self.params, self.hyper, self.t = params, (lr, *betas, eps, weight_decay), 0
        self.state = [(np.zeros_like(p), np.zeros_like(p)) for p in params]
    def step(self):
        self.t += 1
        for p, (m, v) in zip(self.params, self.state):
            names = ("lr", "beta1", "beta2", "eps", "weight_decay")
            kernels.adamw(p, p.grad, m, v, step=self.t, **dict(zip(names, self.hyper)))

def set_num_threads(n):
    global threads
    threads = n

def get_num_threads(): return threads
def frombuffer(data, dtype): return np.frombuffer(data, dtype).view(Tensor)
def randn(n, dtype): return np.ones(n, dtype).view(Tensor)
def zeros_like(x): return np.zeros_like(x)
optim = SimpleNamespace(AdamW=AdamW)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An interpreter that takes a few lines for torch."""
    (tmp_path / "torch.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return sys.executable


def test_worker(stand_in: str) -> None:
    workload = Workload("adamw", 5, count=2)
    with TorchWorker(stand_in, 3) as worker:
        assert (worker.version, worker.threads) == ("0.stand-in", 3)
        measurement.check(workload, ("torch",), worker)
        side = TorchSide(worker, workload)
        assert side.elements == 10
        assert side.pause > 0
        assert side.time(2) > 0
        assert TorchSide(worker, workload, zeros=True).time(1) > 0
        with pytest.raises(TorchError, match="torch has no signsgd"):
            worker.make(Workload("signsgd", 1))
        with pytest.raises(TorchError, match=r"AttributeError: .*SGD"):
            worker.make(Workload("sgd", 1))
        assert side.time(1) > 0  # an error does not end it


def test_torch_in_the_table(stand_in: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--rules", "adamw,signsgd", "--sizes", "3", "--rounds", "1", "--block", "1", "--torch", stand_in]
    assert run(*argv) == 0
    out = capsys.readouterr().out
    assert "torch 0.stand-in" in out
    row = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert re.fullmatch(r"[\d,.]+x\??", row["adamw"][-1])
    assert row["signsgd"][-1] == "-"


def test_counterparts() -> None:
    assert find_torch("none") is None
    assert find_torch("python9") == "python9"
    assert find_torch("auto") in (None, sys.executable)
    name, options = counterpart(Workload("rmsprop", 1, options={"centered": True})) or ("", {})
    assert (name, options["centered"], options["foreach"]) == ("RMSprop", True, False)
    name, options = counterpart(Workload("adam", 1, options={"amsgrad": True})) or ("", {})
    assert (name, options["amsgrad"], options["fused"]) == ("Adam", True, True)
    assert counterpart(Workload("sgd_velocity", 1)) is None
    assert counterpart(Workload("adagrad", 1, options={"eps_inside": True})) is None
    assert counterpart(Workload("adam", 1, options={"bias_correction": False})) is None


# -- the command -------------------------------------------------------------------------------------


def test_table_and_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    argv = ["--sizes", "5", "--rounds", "1", "--block", "1", "--torch", "none", "--threads", "1"]
    assert run(*argv, "--dtype", "float64", "--json", str(file)) == 0
    out, _ = capsys.readouterr()
    assert f"NumPy {np.__version__}, no torch" in out
    assert f"{fastopt.build_info()['isa']}, 1 thread\n" in out
    lines = [line.split() for line in out.splitlines() if line.split()[:1] and line.split()[0] in rules()]
    assert [line[0] for line in lines] == rules()
    assert all(len(line) == 9 and line[-1] == "-" for line in lines)
    assert f"without {' and '.join(GUARDS)}" in out

    figures = json.loads(file.read_text())
    assert figures["machine"]["threads"] == 1
    assert figures["method"] == {"rounds": 1, "block_ms": 1}
    assert [row["rule"] for row in figures["rows"]] == rules()
    row = figures["rows"][0]
    assert row["dtype"] == "float64"
    assert row["gb_per_s"] == pytest.approx(row["bytes_per_element"] / row["ns_per_element"])
    assert set(row["ratios"]) == {"probe", "python", "numpy", "numpy_out"}
    assert row["ratios"]["numpy"]["pairs"] == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--rules", "adamw,adem"], "expected one of sgd, .*, got 'adem'"),
        (["--sizes", "1000,0"], "expected a positive integer, got '0'"),
        (["--sizes", ""], "expected a positive integer, got ''"),
        (["--threads", "-1"], "expected a positive integer, got '-1'"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
        (["--show", "adem"], "expected one of sgd, .*, got 'adem'"),
        (["--torch", "/nowhere/python"], "--torch: cannot run /nowhere/python: No such file"),
        (["--threads", "5000"], "n: expected a number of threads from 1 to 4096, got 5000"),
        (["--sizes", "1000000000000000"], "--sizes: Unable to allocate"),
        (["--json", "/nowhere/figures.json"], "--json: cannot write to /nowhere: No such file"),
        (["--json", "/"], "--json: expected a file, got the directory /"),
        (["--sizes", f"3,{10**400}"], "--sizes: expected a positive integer up to "),
        (["--block", str(10**400)], "--block: expected a positive integer up to "),
        (["--torch", "a\0"], "--torch: cannot run a.*null"),
        (["--json", ""], "--json: expected a file, got the directory ."),
    ],
)
def test_refusals(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = run(*argv, "--rules", "sgd") if "--rules" not in argv else run(*argv)
    except SystemExit as exit:
        code = exit.code
    err = capsys.readouterr().err
    assert code == 2
    assert err.count("\n") == 1
    assert re.match(f"fastopt bench: error: .*{message}", err)


def test_an_interpreter_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('not in this house')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(TorchError, match=r"no torch in .*: ImportError: not in this house"):
        TorchWorker(sys.executable, 1)


def test_without_rich(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    assert run() == 2
    assert capsys.readouterr().err.startswith(
        'fastopt bench: error: fastopt bench needs rich: pip install "fastopt[train]" ('
    )


def test_ctrl_c_keeps_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(workload: Workload, **keywords: Any) -> measurement.Row:
        if workload.rule == "adam":
            raise KeyboardInterrupt
        return measurement.Row(workload, 1.0, {})

    monkeypatch.setattr("fastopt.cli.bench.measure", measured)
    assert run("--rules", "sgd,adam", "--sizes", "3", "--torch", "none") == 130
    assert any(line.split()[:2] == ["sgd", "3"] for line in capsys.readouterr().out.splitlines())


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--show", "adamw") == 0
    out = capsys.readouterr().out
    assert "for i, (p_i, g_i, m_i, v_i) in enumerate(zip(p, g, m, v)):" in out
    assert "np.subtract(p, work1, out=p)" in out


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.5, "0.50x"), (1.234, "1.23x"), (12.34, "12.3x"), (99.96, "100x"), (12345.6, "12,346x")],
)
def test_times(ratio: float, text: str) -> None:
    assert report.times(ratio) == text


def test_import_does_not_bring_the_benchmark() -> None:
    program = "import sys, fastopt; sys.exit('fastopt.cli' in sys.modules or 'rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "module", [m.name for m in pkgutil.iter_modules(bench.__path__) if m.name != "torch_worker"]
)
def test_examples_run(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"fastopt.bench.{module}"))
    assert failed == 0
