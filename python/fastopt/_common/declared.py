"""Objects that refuse what nobody declared: a mistyped attribute would be taken and do nothing."""

import difflib
import inspect
from typing import TYPE_CHECKING

__all__ = ["Declared"]


class Declared:
    """Refuses to be given a public attribute that its class does not have.

    A subclass declares its own in its body: an annotation, a value, a property or a slot. Names that begin
    with an underscore are free.

    Examples
    --------
    >>> class Machine(Declared):
    ...     speed: float
    >>> machine = Machine()
    >>> machine.speed = 1.5
    >>> machine.sped = 2.5
    Traceback (most recent call last):
    AttributeError: sped: Machine has no such attribute; did you mean speed?
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # to a type checker a __setattr__ is leave to set anything

        def __setattr__(self, name: str, value: object) -> None:
            expect_declared(self, name)
            super().__setattr__(name, value)


def expect_declared(owner: object, name: str) -> None:
    """Refuse a public name that the class of `owner` has not declared.

    Raises
    ------
    AttributeError
        If there is no such name; the nearest one is suggested.
    """
    cls = type(owner)
    if name.startswith("_") or hasattr(cls, name):
        return
    annotated = {known for base in cls.__mro__ for known in inspect.get_annotations(base)}
    if name in annotated:
        return
    message = f"{name}: {cls.__name__} has no such attribute"
    public = sorted(known for known in {*dir(cls), *annotated} if not known.startswith("_"))
    near = difflib.get_close_matches(name, public, 1)
    meant = near[0] if near else _ABBREVIATED.get(name)
    if meant in public:
        raise AttributeError(f"{message}; did you mean {meant}?")
    data = [known for known in public if not callable(getattr(cls, known, None))]
    there_are = f"there are {', '.join(data)}" if data else "there are none"
    raise AttributeError(f"{message}; {there_are} (a subclass declares its own in its body)")


_ABBREVIATED = {
    "learning_rate": "lr",
    "momentum": "betas",
    "beta": "betas",
    "beta1": "betas",
    "beta2": "betas",
}
