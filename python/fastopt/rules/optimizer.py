"""The base of all optimizers: structure, state, steps. What differs between them is in their families."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Self,
)

import numpy as np

from fastopt import _core
from fastopt._common.bounds import MOST_STEPS, Bounds, Hyper
from fastopt._common.declared import Declared
from fastopt._common.place import Place
from fastopt._common.states import load_states, saved_states
from fastopt._common.trees import Array, Arrays, Tree, described
from fastopt._common.wording import counted

PAGE = 4096
UNDER_WAY = "a step of this optimizer is under way in another thread; share a lock with it"


@dataclass(eq=False, repr=False)
class Optimizer(Declared):
    """What all optimizers share. Not to be instantiated: use one of its subclasses.

    The optimizer keeps the arrays of `params` and changes them in place. New values have to be written into
    them, too, as in ``params["W"][...] = new``. The mask of a masked array is ignored. A deep copy or a
    pickle has arrays of its own; it raises `RuntimeError` if a step is under way or comes in between. A
    shallow copy shares parameters, state and count.

    A gradient of zero makes a step of zero, whatever `eps` is. For arrays of float32 an `eps` that float32
    rounds to 0 is refused, and so is a hyperparameter that it rounds to infinity.

    Hyperparameters may be assigned. Other names are refused, so that a mistyped one does not go unnoticed; a
    subclass declares its own attributes in its body, as in ``tag: str``.
    """

    params: Arrays

    rules: ClassVar[tuple[str, ...]] = ()
    _start_at_p: ClassVar[tuple[str, ...]] = ()  # the slots that begin as a copy of the parameter
    # What other parts of the package want to know of a class: the library whose its fields are, up to the
    # keyword-only ones, and a learning rate for problems, as so many of their `stride` or of their `lr`.
    _library: ClassVar[str] = "torch"
    _pace: ClassVar[tuple[float, str]] = (1.0, "stride")
    _bounds: ClassVar[Mapping[str, Bounds]] = {}
    _choices: ClassVar[Mapping[str, tuple[object, ...]]] = {}

    def __post_init__(self) -> None:
        if not self.rules:
            raise TypeError("Optimizer: expected one of its subclasses, such as fastopt.AdamW")
        self._tree = Tree("params", self.params)
        self._keys, self._flat = self._tree.keys, self._tree.arrays
        self._single = any(getattr(p, "dtype", None) == np.float32 for p in self._flat)
        for field in self._bounds:
            self._checked(field, getattr(self, field))  # again, now that the dtypes are known
        self._rule = self._choose_rule()
        rule = _core.rules[self._rule]
        self._options = {option: bool(getattr(self, option)) for option in rule.options}
        self._slots = {
            slot: [self._state(slot, p) for p in self._flat]
            for slot, option in rule.slots
            if option is None or self._options[option]
        }
        starts = [self._start(scalar) for scalar in rule.scalars]
        self._scalars = np.array([starts] * (1 if rule.scope == "all" else len(self._flat)), float)
        self._count = np.zeros(
            1, np.int64
        )  # an array, so that the core counts in the same breath as it steps
        self._place = Place()
        self._bind()

    def step(self, grads: Arrays, *, check_finite: bool = False) -> None:
        """Update the parameters in place from their gradients.

        Everything is checked before the first byte is written: a refused step leaves parameters, state and
        count as they were.

        Parameters
        ----------
        grads : array, list or dict of arrays
            In the structure of `params`: the same keys, shapes and dtypes, in any memory order.
        check_finite : bool
            Read the gradients once more beforehand and refuse NaN and infinity.

        Raises
        ------
        TypeError
            If a gradient is not a NumPy array or has another dtype than its parameter.
        ValueError
            If a key or shape differs, an array overlaps a written one, `params` no longer holds the arrays
            that were bound, or a schedule leaves its bounds.
        FloatingPointError
            If `check_finite` finds a value that is not finite.
        RuntimeError
            If another step of this optimizer is under way, in another thread or in a schedule.
        """
        self._plan.step(grads, self._constants or self._scheduled, bool(check_finite))

    def explain(self) -> str:
        """Return the update of the next step, in lines of mathematics with the numbers filled in.

        They are written down while the reference runs, so they are what is computed, but for what is done
        against denormal numbers. ``p`` is a parameter, ``g`` its gradient, ``t`` the number of the step; the
        other names are those of `state`, and helpers. A line reads what the lines above it have written.
        Of a rule that looks at whole arrays, as `Muon`, the lines are those of its reference.

        Examples
        --------
        >>> import numpy as np, fastopt
        >>> print(fastopt.AdamW(np.zeros(3), lr=0.1).explain())
        AdamW, step t = 1:
        <BLANKLINE>
            p = 0.999 * p
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g^2
            p = p - 0.1 / (1 - 0.9^t) * (m / (sqrt(v) * (1 / sqrt(1 - 0.999^t)) + 1e-08))
        <BLANKLINE>
        Beside that, nothing sinks into denormal numbers: ...
        """
        from fastopt.rules.explain import explained

        return explained(self)

    @property
    def steps(self) -> int:
        """Completed steps."""
        return int(self._count[0])

    @property
    def state(self) -> Mapping[str, Any]:
        """The state under its names. Live, not copies.

        Arrays, and numbers that a rule keeps for each array, are in the structure of `params`; a number that
        it keeps for all of them is an array of shape ``()``.
        """
        arrays = {slot: self._pack(arrays) for slot, arrays in self._slots.items()}
        return MappingProxyType(arrays | self._packed_scalars(self._scalars))

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of what a checkpoint needs beside the parameters: rule, count and state.

        Under "schedules" are the states of those schedules that have one, as `ReduceOnPlateau`; under "place"
        is how far `fastopt.train` has come with its data. Neither is there where there is nothing to save.
        Hyperparameters are the constructor's: make the optimizer as before, then `load_state_dict`.

        All of it is from between the same two steps, and a step in another thread is neither delayed nor
        refused for it. A thread that saves what another one trains should share a lock with it even so, for
        the parameters must be of that moment too.

        Raises
        ------
        RuntimeError
            If a step of this optimizer is under way, in another thread or in a schedule, or is begun before
            all is copied.
        """
        steps = self.steps
        self._expect_between_steps(steps, "state_dict")
        state = {
            slot: self._pack([a.copy(order="K") for a in arrays]) for slot, arrays in self._slots.items()
        }
        scalars = self._packed_scalars(self._scalars.copy())
        schedules, place = saved_states(self._schedules), self._place.state_dict()
        self._expect_between_steps(steps, "state_dict")
        state |= scalars
        saved = {"rule": self._rule, "steps": steps, "state": state}
        return saved | {key: value for key, value in (("schedules", schedules), ("place", place)) if value}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the count and the state of `state_dict`; training goes on bit for bit.

        Where it has no "schedules", those of the optimizer are left as they are. Where it has no "place",
        `fastopt.train` counts its epochs by the steps. All of it is taken over at once: neither Ctrl-C nor a
        step in another thread comes between.

        Raises
        ------
        TypeError, ValueError
            If it is not the state of this rule over arrays like these, or the states under "schedules" are
            not those of schedules like these. Nothing is changed then.
        RuntimeError
            If a step of this optimizer is under way, in another thread or in a schedule. Nothing is changed.
        """
        from fastopt._common.interrupts import interrupts_deferred  # which takes a while to import

        steps, state = self._judged(state_dict)
        scalars = self._judged_scalars(state)
        loaded: dict[str, list[Array]] = {slot: [] for slot in self._slots}
        for slot, mine in self._slots.items():
            label = f"state_dict['state'][{slot!r}]"
            for key, old, new in zip(self._keys, mine, self._unpack(label, state[slot]), strict=True):
                where = label if self._tree.kind == "array" else f"{label}[{key!r}]"
                if not isinstance(new, np.ndarray) or new.dtype != old.dtype:
                    raise TypeError(f"{where}: expected {described(old)}, got {described(new)}")
                if new.shape != old.shape:
                    raise ValueError(f"{where}: expected {described(old)}, got {described(new)}")
                if not old.flags.writeable:
                    raise ValueError(
                        f"{where}: expected a writeable array in the optimizer, got a read-only one"
                    )
                loaded[slot].append(np.array(new, subok=False))  # it might be another of the old ones
        arrays = [loaded.get(slot) for slot, _ in _core.rules[self._rule].slots]
        place = Place.judged("state_dict['place']", state_dict.get("place", {}))

        def load_the_rest() -> None:
            if "schedules" in state_dict:
                load_states("state_dict['schedules']", self._schedules, state_dict["schedules"])
            self._place.become(place)

        if place == self._place and "schedules" not in state_dict:
            self._plan.load(arrays, steps, scalars)  # one call of the core, which no Ctrl-C divides
        else:
            with interrupts_deferred():
                self._plan.load(arrays, steps, scalars, load_the_rest)

    def _expect_between_steps(self, steps: int, what: str, refusal: str = UNDER_WAY) -> None:
        """Refuse to go on if a step is under way, or has been taken since `steps` were; or if none may be."""
        if self._plan.held is not None:
            raise RuntimeError(f"{what}: {self._plan.held}")
        if self._plan.under_way or self.steps != steps:
            raise RuntimeError(f"{what}: {refusal}")

    def _judged(self, state_dict: object) -> tuple[int, Mapping[str, Any]]:
        """Check the outer layer of a state dict."""
        if not isinstance(state_dict, Mapping) or not {"rule", "steps", "state"} <= set(state_dict):
            raise TypeError(
                "state_dict: expected a dict with 'rule', 'steps' and 'state', as state_dict() returns"
            )
        rule, steps, state = (state_dict[key] for key in ("rule", "steps", "state"))
        names = {*self._slots, *_core.rules[self._rule].scalars}
        if rule != self._rule or not isinstance(state, Mapping) or set(state) != names:
            raise ValueError(
                f"state_dict: expected the state of {self._rule!r}, {sorted(names)}, "
                f"got that of {rule!r}, {sorted(state) if isinstance(state, Mapping) else state!r}"
            )
        whole = isinstance(steps, int | np.integer) and not isinstance(steps, bool)
        if not whole or not 0 <= steps < MOST_STEPS:
            raise ValueError(f"state_dict['steps']: expected a whole number from 0 to 2**53, got {steps!r}")
        return int(steps), state

    def __repr__(self) -> str:
        shown = (f.name for f in fields(self) if f.name != "params" and self._is_told(f.name))
        values = (f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__name__}({', '.join(values)})"

    def _is_told(self, field: str) -> bool:
        """Whether a field is worth showing: that it is torch's goes without saying."""
        return field != "compat" or getattr(self, field) != "torch"

    if not TYPE_CHECKING:  # as in Declared

        def __setattr__(self, name: str, value: object) -> None:
            if name in self.__dataclass_fields__:
                value = self._checked(name, value)
                if "_plan" in self.__dict__:
                    self._assign(name, value)
                    return
            super().__setattr__(name, value)

    def _assign(self, name: str, value: object) -> None:
        """Give a hyperparameter another value, or refuse to."""
        while True:
            before = copy.copy(self)
            changed = copy.copy(before)
            object.__setattr__(changed, name, value)
            self._refuse_rebinding(name, value, changed)
            changed._read_hyper()
            # The value and what steps read of it change in one move: no Ctrl-C, no thread comes between.
            # If another thread has assigned meanwhile, what was read is out of date, and is read again.
            changes = {key: changed.__dict__[key] for key in (name, "_hypers", "_constants")}
            if _core.exchange(self.__dict__, "_hypers", before._hypers, changes):
                break
        del before  # not earlier, for the end of a schedule may run code of its own

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name}: cannot be deleted from an optimizer")

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)  # the plan too: a step of one is under way for both
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle and a deep copy are made of; they are refused as `state_dict` is."""
        steps = self.steps
        moment = _Moment(partial(self._expect_between_steps, steps, "a pickle or a copy"))
        moment.expect()
        state = {name: value for name, value in self.__dict__.items() if name != "_plan"}
        return state | {"_moment": moment}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update((name, value) for name, value in state.items() if name != "_moment")
        self._bind()

    # Where a subclass differs from "my one rule, and state that starts at zero".

    def _choose_rule(self) -> str:
        return self.rules[0]

    def _start(self, name: str) -> float:
        """Return what a slot or a scalar of the state begins with."""
        return 0.0

    def _start_of(self, slot: str, p: Array, shape: tuple[int, ...]) -> Array:
        """Return what a slot begins with whose arrays have a shape of their own: this one for `p`."""
        return np.full(shape, self._start(slot), p.dtype)

    def _state(self, slot: str, p: object) -> Any:
        """Make a state array for the parameter `p`; what is not an array the plan will refuse."""
        if not isinstance(p, np.ndarray) or p.dtype.kind != "f":
            return None
        p = np.asarray(p)  # as it lies in memory, whatever its class says
        shapes = _core.state_shapes(self._rule, p.shape)
        if slot in shapes:
            return self._start_of(slot, p, shapes[slot])
        return _state_like(p, p if slot in self._start_at_p else self._start(slot))

    # Binding: arrays to a plan, fields to the hyperparameters of the rule.

    def _bind(self) -> None:
        """Hand the arrays to a plan, which checks them and keeps their addresses, never their numbers."""
        self._read_hyper()
        rule = _core.rules[self._rule]
        self._plan = _core.Plan(
            rule=self._rule,
            variant=sum(1 << k for k, option in enumerate(rule.options) if self._options[option]),
            maximize=self._maximize,
            params=self.params,
            state=[self._slots.get(slot) for slot, _ in rule.slots],
            count=self._count,
            scalars=self._scalars,
            bound=(self._keys, self._flat),
        )

    def _given(self) -> Iterator[tuple[str, str, Hyper, Bounds]]:
        """Yield each hyperparameter: its name in a rule, its label, its value and its bounds."""
        for field, bounds in self._bounds.items():
            value = getattr(self, field)
            for k, (hyper, label) in enumerate(bounds.hypers(field)):
                yield hyper, label, value if bounds.count == 1 else value[k], bounds

    @property
    def _schedules(self) -> dict[str, Hyper]:
        """The hyperparameters that are functions of the step, by label."""
        return {label: value for _, label, value, _ in self._given() if callable(value)}

    def _read_hyper(self) -> None:
        """Collect the hyperparameters in the order of the rule: as numbers if none is scheduled."""
        known = {hyper: (label, value, bounds) for hyper, label, value, bounds in self._given()}
        self._hypers = {hyper: known[hyper] for hyper in _core.rules[self._rule].hypers}
        scheduled = any(callable(value) for _, value, _ in self._hypers.values())
        self._constants = None if scheduled else self._scheduled()

    def _scheduled(self) -> tuple[float | None, ...]:
        """Evaluate the schedules at the number of completed steps."""
        t = self.steps
        return tuple(
            bounds.check(f"{label} at step {t}", value(t), self._single) if callable(value) else value
            for label, value, bounds in self._hypers.values()
        )

    @property
    def _maximize(self) -> bool:
        return bool(getattr(self, "maximize", False))

    def _checked(self, field: str, value: object) -> object:
        if field in self._bounds:
            return self._bounds[field].check_field(field, value, self.__dict__.get("_single", False))
        choices = self._choices.get(field)
        if choices is None:
            return value
        if isinstance(value, np.bool_):
            value = bool(value)
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            error = ValueError if type(value) is type(choices[0]) else TypeError
            raise error(f"{field}: expected {' or '.join(map(repr, choices))}, got {value!r}")
        return value

    def _refuse_rebinding(self, field: str, value: object, changed: Self) -> None:
        """Refuse what would change the formula or need state that the optimizer was made without."""
        bounds = self._bounds.get(field)
        if bounds is None or bounds.constant:
            raise AttributeError(f"{field}: is fixed when the optimizer is made; make a new one")
        changed._choose_rule()  # raises where the constructor would
        used = all(hyper in self._hypers for hyper, _ in bounds.hypers(field))
        if value != 0 and (not used or self._options.get(field) is False):
            raise ValueError(
                f"{field}: there is no state for it, it was 0 when the optimizer was made; make a new one"
            )

    # Structures of arrays.

    def _pack(self, arrays: list[Array]) -> Arrays:
        packed: Arrays = self._tree.like(arrays)
        return packed

    def _packed_scalars(self, scalars: Array) -> dict[str, Any]:
        """Return the scalars by name: one of each, or one for each array."""
        rule = _core.rules[self._rule]
        columns = {
            name: [row[k : k + 1].reshape(()) for row in scalars] for k, name in enumerate(rule.scalars)
        }
        return {name: one[0] if rule.scope == "all" else self._pack(one) for name, one in columns.items()}

    def _judged_scalars(self, state: Mapping[str, Any]) -> Array:
        """Return the scalars of a state dict as they are kept."""
        rule, scalars = _core.rules[self._rule], np.empty_like(self._scalars)
        for k, name in enumerate(rule.scalars):
            label = f"state_dict['state'][{name!r}]"
            given = [state[name]] if rule.scope == "all" else self._unpack(label, state[name])
            for row, x in enumerate(given):
                try:
                    value = np.asarray(x, float)
                except (TypeError, ValueError):
                    value = np.empty(0)
                if value.shape != ():
                    raise TypeError(f"{label}: expected a number, got {described(x)}")
                scalars[row, k] = value
        return scalars

    def _unpack(self, label: str, arrays: Arrays) -> list[Array]:
        mine, tree = self._tree, Tree(label, arrays)
        if tree.kind != mine.kind or set(tree.keys) != set(mine.keys):
            kind = "list or dict" if mine.kind == "nested" else mine.kind
            expected = "one array" if kind == "array" else f"a {kind} of {counted(len(mine.keys), 'array')}"
            raise ValueError(f"{label}: expected {expected}, as params")
        by_key = tree.by_key
        return [by_key[key] for key in mine.keys]

    # What `reference.step` needs to take the same step.

    def _arrays(self, grads: Arrays) -> Iterator[tuple[Array, Array, dict[str, Array]]]:
        rule = _core.rules[self._rule]
        for k, g in enumerate(self._unpack("grads", grads)):
            state = {slot: arrays[k] for slot, arrays in self._slots.items()}
            row = self._scalars[0].copy() if rule.scope == "all" else self._scalars[k]
            state |= {name: row[i : i + 1].reshape(()) for i, name in enumerate(rule.scalars)}
            yield self._flat[k], g, state

    def _keywords(self) -> dict[str, Any]:
        """Everything a rule is told beside its arrays; an option with a slot is told by the slot."""
        told_by_slot = {option for _, option in _core.rules[self._rule].slots}
        steps, refusal = self.steps, "another step of this optimizer is under way"
        self._expect_between_steps(steps, "step", refusal)
        hyper = self._constants or self._scheduled()
        self._expect_between_steps(steps, "step", refusal)
        return {
            "step": steps + 1,
            "maximize": self._maximize,
            **{option: on for option, on in self._options.items() if option not in told_by_slot},
            **dict(zip(self._hypers, hyper, strict=True)),
        }


class _Moment:
    """Comes last in what is pickled or copied, and refuses if what came before it is not of one moment."""

    def __init__(self, expect: Callable[[], None]) -> None:
        self.expect = expect

    def __reduce__(self) -> tuple[type[str], tuple[()]]:
        self.expect()
        return str, ()


def _state_like(p: Array, start: float | Array) -> Any:
    """Make a state array in dtype, shape and order of `p`; None for an array with gaps.

    It starts at the same place in a page as `p`: where arrays lie at slightly different places, a processor
    that compares the low bits of addresses takes loads of one for stores to another, and waits.
    """
    room = np.empty(p.nbytes + PAGE, np.uint8)
    offset = (p.ctypes.data - room.ctypes.data) % PAGE
    try:
        state: Array = np.ndarray(p.shape, p.dtype, room, offset, p.strides)
    except ValueError:
        return None
    state[...] = start
    return state
