"""Record the trajectories of other libraries, for `rules/test_golden.py` to hold fastopt against.

    python tests/golden/make_golden.py torch optax sklearn schedulefree prodigy keras pytorch_optimizer

writes `torch.json`, `optax.json` and so on. It needs fastopt and the libraries that are named, in which each
is the packages listed at the top of its module: `pip install . optax`, say. The test needs none of them.

All take the steps described in `problem.py`; what each library is asked to do stands in `from_torch.py`,
`from_optax.py` and their like. Libraries differ in their conventions. Where they do, the configuration
is one in which they coincide, and a comment there says so.
"""

import argparse
import json
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cases import Case
from golden.problem import RECORDED, STEPS, Array, described, flat, gradients

HERE = Path(__file__).parent
LIBRARIES = ("torch", "optax", "sklearn", "schedulefree", "prodigy", "keras", "pytorch_optimizer")


class Run(Protocol):
    """An optimizer of some library at work on the problem."""

    def step(self, t: int, grads: list[Array]) -> None:
        """Take step `t`, 1 first."""

    def params(self) -> Any:
        """Return `W` and `b`."""

    def state(self) -> dict[str, Any]:
        """Return the state under fastopt's names, `W` and `b` of each."""


def trajectory(case: Case, dtype: str, run: Run) -> dict[str, Any]:
    params = {}
    for t in range(1, STEPS + 1):
        run.step(t, list(gradients(t, dtype, case).values()))
        if t in RECORDED:
            params[t] = flat(run.params()).tolist()
    state = {slot: flat(arrays).tolist() for slot, arrays in run.state().items()}
    hyper = described(case.hyper)
    return {"case": case.name, "hyper": hyper, "dtype": dtype, "params": params, "state": state}


def record(library: str) -> None:
    module = import_module(f"golden.from_{library}")
    versions = {package: version(package) for package in module.PACKAGES}
    rows = [trajectory(case, dtype, module.Run(case, dtype)) for case, dtype in module.cases()]
    lines = ",\n".join(json.dumps(row) for row in rows)
    facts = getattr(module, "facts", dict)()
    head = f'"versions": {json.dumps(versions)},\n"facts": {json.dumps(facts)},'
    (HERE / f"{library}.json").write_text(f'{{\n{head}\n"trajectories": [\n{lines}\n]\n}}\n')
    print(f"{library}.json: {len(rows)} trajectories, {versions}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("libraries", nargs="+", choices=LIBRARIES)
    for library in parser.parse_args().libraries:
        record(library)


if __name__ == "__main__":
    main()
