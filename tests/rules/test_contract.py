"""One truth about a rule: its struct, its class, its reference and its cases agree, and none is missing."""

import ast
import inspect
import re
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest

import fastopt
from cases import CASES, ILLEGAL
from fastopt import _core, kernels, reference
from fastopt.minimization.options import LbfgsOptions
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.fields import optimizer
from fastopt.rules.optimizer import Optimizer

RULES = sorted(_core.rules)
over_rules = pytest.mark.parametrize("rule", RULES)


def keywords(rule: str) -> dict[str, object]:
    parameters = inspect.signature(getattr(reference, rule)).parameters
    return {n: p.default for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def test_every_rule_has_a_reference_and_one_class() -> None:
    assert RULES == sorted(reference.__all__) == sorted(kernels.__all__)
    assert sorted(rule for cls in OPTIMIZERS.values() for rule in cls.rules) == RULES


def test_every_class_is_public() -> None:
    for name, cls in OPTIMIZERS.items():
        assert getattr(fastopt, cls.__name__) is cls
        assert name == cls.__name__.lower()
        assert cls.__name__ in fastopt.__all__


@over_rules
def test_reference_names_the_arrays_and_hyperparameters_of_the_struct(rule: str) -> None:
    hypers, options, slots = _core.rules[rule].hypers, _core.rules[rule].options, _core.rules[rule].slots
    parameters = inspect.signature(getattr(reference, rule)).parameters
    positional = [n for n in parameters if n not in keywords(rule)]
    assert positional == ["p", "g", *(slot for slot, _ in slots), *_core.rules[rule].scalars]
    for slot, option in slots:
        assert (parameters[slot].default is None) == (option is not None), slot
    by_slot = {option for _, option in slots}
    assert set(keywords(rule)) == {
        "step",
        "maximize",
        *hypers,
        *(o for o in options if o not in by_slot),
    }


@over_rules
def test_defaults_of_reference_and_class_are_the_same(rule: str) -> None:
    (cls,) = (cls for cls in OPTIMIZERS.values() if rule in cls.rules)
    defaults = {f.name: f.default for f in fields(cls) if f.default is not MISSING}
    for field, bounds in cls._bounds.items():
        values = defaults[field] if bounds.count > 1 else (defaults[field],)
        defaults.update({hyper: x for (hyper, _), x in zip(bounds.hypers(field), values, strict=True)})
    made = cls(np.zeros((1, 1)))  # an option of the rule need not be a field
    defaults |= {
        option: getattr(made, option) for option in _core.rules[rule].options if option not in defaults
    }
    for name, value in keywords(rule).items():
        if name != "step":
            assert value == defaults[name], name


def test_every_variant_has_a_case() -> None:
    """Each combination of options of each rule, with and without L2, so that no kernel goes untested."""
    seen: set[tuple[object, ...]] = set()
    for case in CASES:
        opt = case.make([np.zeros((1, 1))])
        decays = opt._hypers.get("weight_decay", ("", 0.0))[1] != 0
        constants = {*_core.rules[opt._rule].flags, "decoupled_weight_decay"}
        seen.add((opt._rule, frozenset(o for o, on in opt._options.items() if on and o not in constants)))
        seen |= {(opt._rule, o, on) for o, on in opt._options.items() if o in constants}
        seen.add((opt._rule, "decay" if decays else "no decay"))
        seen.add((opt._rule, "maximize" if opt._maximize else "minimize"))
    for rule, row in _core.rules.items():
        constants = {*row.flags, "decoupled_weight_decay"}
        compiled = [option for option in row.options if option not in constants]
        for variant in range(1 << len(compiled)):
            on = frozenset(o for k, o in enumerate(compiled) if variant >> k & 1)
            assert (rule, on) in seen, f"no case for {rule} with {set(on)}"
        for option in constants & set(row.options):
            for value in (False, True):
                assert (rule, option, value) in seen, f"no case for {rule} with {option}={value}"
        assert row.decay == "own" or (rule, "decay") in seen, f"no case for {rule} with weight_decay"


def test_every_class_has_illegal_rows() -> None:
    assert {row.optimizer for row in ILLEGAL} == set(OPTIMIZERS.values())


def test_kernels_have_the_signature_and_text_of_the_reference() -> None:
    for rule in RULES:
        kernel, ref = getattr(kernels, rule), getattr(reference, rule)
        assert inspect.signature(kernel) == inspect.signature(ref)
        assert kernel.__doc__ == ref.__doc__
        assert kernel.__name__ == rule
        assert kernel.__module__ == "fastopt.kernels"


@over_rules
def test_every_parameter_of_a_function_is_documented(rule: str) -> None:
    listed = (getattr(reference, rule).__doc__ or "").split("Parameters\n")[1].split("\n\n")[0]
    documented = ", ".join(re.findall(r"^(\w+(?:, \w+)*)", listed, flags=re.MULTILINE)).split(", ")
    assert sorted(documented) == sorted(inspect.signature(getattr(reference, rule)).parameters)


def test_a_class_that_drifts_from_its_struct_is_refused() -> None:
    with pytest.raises(
        ImportError,
        match=r"Drifted: no field for \['decoupled_weight_decay', 'eps', 'lr', 'weight_decay'\] "
        r"of the rule 'signsgd'",
    ):

        @optimizer("signsgd")
        class Drifted(Optimizer):
            rate: float = 0.1

    with pytest.raises(ImportError, match="Unknown: the core has no rule 'nothing'"):

        @optimizer("nothing")
        class Unknown(Optimizer):
            lr: float = 0.1

    assert "drifted" not in OPTIMIZERS
    assert "unknown" not in OPTIMIZERS


def test_the_stub_has_what_the_core_has() -> None:
    stub = Path(_core.__file__).with_name("_core.pyi")
    if not stub.exists():  # an editable install keeps the two apart
        stub = Path(fastopt.__file__).with_name("_core.pyi")
    tree = ast.parse(stub.read_text())
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name in dir(_core):
        if (
            not name.startswith("_")
            and callable(getattr(_core, name))
            and not inspect.isclass(getattr(_core, name))
        ):
            arguments = [a.arg for a in functions[name].args.args]
            signature = (getattr(_core, name).__doc__ or "").splitlines()[0]
            assert all(f"{a}: " in signature for a in arguments), name
    settings = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == "_Settings")
    names = [n.target.id for n in settings.body if isinstance(n, ast.AnnAssign)]  # type: ignore[union-attr]
    assert names == [*LbfgsOptions().core(np.dtype(float)), "l1", "lower", "upper"]
    named = {t.id for node in tree.body if isinstance(node, ast.AnnAssign) for t in [node.target]}  # type: ignore[union-attr]
    assert {"rules", "probes"} <= named
