"""States of schedules: what must be saved of a run beside the count. Loaded all or none."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeGuard

__all__ = ["Stateful", "load_states", "saved_states"]


class Stateful(Protocol):
    """A schedule that remembers something."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return what it remembers."""
        ...

    def load_state_dict(self, state: Any, /) -> object:
        """Remember that instead."""
        ...


def saved_states(schedules: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return copies of the states of those schedules that have one, under the same names.

    Raises
    ------
    TypeError
        If a schedule returns something else than a dict as its state.
    """
    states = {name: _saved(name, schedule) for name, schedule in schedules.items() if _is_stateful(schedule)}
    return {name: state for name, state in states.items() if state}


def load_states(label: str, schedules: Mapping[str, object], states: object) -> None:
    """Give each schedule its state back.

    Parameters
    ----------
    label : str
        What messages call `states`.
    schedules : mapping of str to object
        Those that have no state are passed over.
    states : mapping of str to dict
        As `saved_states` returned it for schedules of the same names.

    Raises
    ------
    TypeError, ValueError
        If they are not the states of these schedules, or one of these refuses its own. Then all have the
        states that they had.
    """
    if not isinstance(states, Mapping):
        raise TypeError(f"{label}: expected a dict of the states of schedules, got {type(states).__name__}")
    able = {name: schedule for name, schedule in schedules.items() if _is_stateful(schedule)}
    before = {name: _saved(name, schedule) for name, schedule in able.items()}
    needed = [name for name, state in before.items() if state]
    if not set(needed) <= set(states) <= set(able):
        raise ValueError(f"{label}: expected the states of {needed}, got those of {list(states)}")
    begun: list[str] = []
    try:
        for name, state in states.items():
            begun.append(name)
            with _blamed_on(f"{label}[{name!r}]"):
                able[name].load_state_dict(copy.deepcopy(state))
    except BaseException:
        _put_back(able, before, begun)
        raise


def _put_back(able: Mapping[str, Stateful], before: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        able[name].load_state_dict(before[name])


def _is_stateful(schedule: object) -> TypeGuard[Stateful]:
    return not isinstance(schedule, type) and all(
        callable(getattr(schedule, name, None)) for name in ("state_dict", "load_state_dict")
    )


def _saved(name: str, schedule: Stateful) -> dict[str, Any]:
    state = schedule.state_dict()
    if not isinstance(state, Mapping):
        raise TypeError(f"{name}: expected a dict from state_dict() of the schedule, got {state!r}")
    return copy.deepcopy(dict(state))


@contextmanager
def _blamed_on(where: str) -> Iterator[None]:
    """Begin what is raised about a state with its place; errors of a kind of their own get a note."""
    try:
        yield
    except Exception as error:
        if type(error) not in (TypeError, ValueError):
            error.add_note(f"raised by {where}")
            raise
        raise type(error)(f"{where}: {error}") from error
