"""Signatures of functions that take several forms of arguments, for `help` and editors."""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def of_forms(*forms: Callable[..., Any], bound: bool = False) -> Callable[[F], F]:
    """Give a function of ``*args, **options`` a signature with the arguments of all forms.

    Parameters
    ----------
    forms
        Functions, one per form of the arguments.
    bound
        Whether the function has an argument ``self`` or ``cls``.

    Returns
    -------
    Callable
        A decorator. The function is unchanged: positional arguments remain possible, in the order
        of each form. Options are listed with their defaults, or ``...`` without one.
    """
    first = [Parameter("self", Parameter.POSITIONAL_ONLY)] if bound else []
    options: dict[str, Parameter] = {}
    for form in forms:
        for name, parameter in signature(form).parameters.items():
            default = ... if parameter.default is Parameter.empty else parameter.default
            if not name.startswith("_"):
                option = parameter.replace(kind=Parameter.KEYWORD_ONLY, default=default)
                options.setdefault(name, option)
    args = Parameter("args", Parameter.VAR_POSITIONAL)

    def decorate(function: F) -> F:
        function.__signature__ = Signature([*first, args, *options.values()])  # type: ignore[attr-defined]
        return function

    return decorate
