"""Conversion and validation of the fields of value types on assignment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from operator import index
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from zimg._errors import ZException

_SIGNED_64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Rule:
    """Description of the accepted values of a field, and the function that converts them."""

    accepted: str
    convert: Callable[[Any], Any]


class CheckedFields:
    """Base of the value types: assignments convert or raise, and cannot add attributes.

    Values are equal if all fields are equal. They are mutable and therefore not hashable.
    """

    _rules: ClassVar[Mapping[str, Rule]]
    _nested: ClassVar[tuple[str, ...]] = ()  # fields that hold lists or other value types

    if not TYPE_CHECKING:  # type checkers would take any name for one that can be assigned

        def __setattr__(self, name: str, value: Any) -> None:
            if name in self._rules:
                self._take(((name, value),))
            elif "_rules" in vars(
                type(self)
            ):  # subclasses without rules may have further attributes
                known = ", ".join(self._rules)
                raise AttributeError(f"{type(self).__name__} has no field {name!r}; it has {known}")
            else:
                object.__setattr__(self, name, value)

    def _take(self, values: Iterable[tuple[str, Any]]) -> None:
        """Set fields to values converted by their rules."""
        own, rules = self.__dict__, self._rules
        for name, value in values:
            try:
                own[name] = rules[name].convert(value)
            except (TypeError, ValueError, OverflowError, ZException):
                _refuse(type(self).__name__, name, rules[name].accepted, value)

    def copy(self) -> Self:
        """Copy the value and the lists in it.

        Returns
        -------
        Self
            An equal, independent value.
        """
        twin = object.__new__(type(self))
        own, theirs = twin.__dict__, self.__dict__
        own.update(theirs)
        for name in self._nested:
            own[name] = _own(theirs[name])
        return twin

    __copy__ = copy

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self.copy()


def _own(value: Any) -> Any:
    """Copy the value of a field if it is a list or value type."""
    if type(value) is list:
        return [_own(item) for item in value]
    return value.copy() if isinstance(value, CheckedFields) else value


def _refuse(owner: str, name: str, accepted: str, value: Any) -> NoReturn:
    """Raise the error for an invalid value, shortened to one line."""
    given = " ".join(shortened(value).split())
    raise TypeError(f"{name} of {owner} takes {accepted}, got {given}") from None


def is_sequence(value: Any) -> bool:
    """Whether a value is a list, tuple, other sequence or 1-D array, but not a string."""
    if isinstance(value, Sequence):
        return not isinstance(value, str | bytes | bytearray)
    return getattr(value, "ndim", None) == 1 and hasattr(value, "tolist")


def items_of(value: Any) -> Sequence[Any]:
    """The items of a sequence or 1-D array; a TypeError for anything else."""
    if not is_sequence(value):
        raise TypeError(f"not a sequence: {shortened(value)}")
    items: Sequence[Any] = value if isinstance(value, Sequence) else value.tolist()
    return items


def integers(accepted: str, allowed: range) -> Rule:
    """Rule for Python and NumPy integers in a range; floats are refused."""

    def convert(value: Any) -> int:
        number = index(value)
        if number not in allowed:
            raise ValueError(number)
        return number

    return Rule(accepted, convert)


def members(enumeration: type[IntEnum]) -> Rule:
    """Rule for members of an enumeration or their integer values."""

    def convert(value: Any) -> IntEnum:
        if isinstance(value, enumeration):
            return value
        if isinstance(value, Enum):
            raise TypeError(value)
        return enumeration(index(value))

    return Rule(f"a member of {enumeration.__name__} or its value", convert)


def lists(items: str, convert: Callable[[Any], Any]) -> Rule:
    """Rule for sequences of items, which are copied to a list."""
    return Rule(
        f"a list, tuple or 1-D array of {items}",
        lambda value: [convert(item) for item in items_of(value)],
    )


def _number(value: Any) -> float:
    if isinstance(value, str | bytes | bytearray):  # float() would read them
        raise TypeError(value)
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


WHOLE = integers("a 64-bit integer", _SIGNED_64)
COUNT = integers("an integer of at least 0", range(2**63))
NUMBER = Rule("a number", _number)
FLAG = Rule("True or False", _flag)
NUMBERS = lists("numbers", _number)
TEXTS = lists("strings", _text)
