"""How public classes show what they are made of."""

import inspect

__all__ = ["leave_out_annotations"]


def leave_out_annotations(cls: type) -> None:
    """Let `help` begin with the names and defaults of a class of checked fields.

    It would spell out the annotations, which hold the checks; the docstring has types and bounds.

    Examples
    --------
    >>> import fastopt
    >>> inspect.signature(fastopt.schedules.cosine)
    <Signature (start, steps, end=0.0)>
    """
    empty = inspect.Parameter.empty
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]
    parameters = [p.replace(annotation=empty) for p in signature.parameters.values()]
    bare = signature.replace(parameters=parameters, return_annotation=empty)
    cls.__init__.__signature__ = bare  # type: ignore[misc]
