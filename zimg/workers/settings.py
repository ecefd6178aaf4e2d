"""Declarative settings: one table defines the setters, checks and task file of a worker."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar, ParamSpec

from zimg._errors import ZException
from zimg._json import loads
from zimg.io.disk.atomic import atomic_path

P = ParamSpec("P")


@dataclass(frozen=True)
class Setting:
    """One setting of a worker.

    Attributes
    ----------
    key
        Name in task files.
    check
        Called with argument name and value; returns the value to store, or raises TypeError or
        ValueError.
    default
        Initial value.
    encode
        Converts the value for the task file.
    decode
        Like `check`, for values from a task file; None to use `check`.
    optional
        Omitted from the task file while None, and reset by a file without it. Other settings keep
        their value.
    required
        Task files without it are refused.
    """

    key: str
    check: Callable[[str, Any], Any]
    default: Any = None
    encode: Callable[[Any], Any] = lambda value: value
    decode: Callable[[str, Any], Any] | None = None
    optional: bool = False
    required: bool = False


def stores(*keys: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Turn a declaration into a setter that checks its arguments and stores them under `keys`."""

    def declare(declaration: Callable[P, None]) -> Callable[P, None]:
        signature = inspect.signature(declaration)

        @wraps(declaration)
        def setter(*args: P.args, **kwargs: P.kwargs) -> None:
            (_, worker), *given = signature.bind(*args, **kwargs).arguments.items()
            pairs = zip(keys, given, strict=True)
            checked = {key: worker.setting(key).check(name, value) for key, (name, value) in pairs}
            worker.values.update(checked)

        return setter

    return declare


class Settings:
    """Base of the workers: stores settings, saves and loads task files.

    Subclasses list them in `settings`, in the order of the task file.
    """

    settings: ClassVar[tuple[Setting, ...]] = ()

    def __init__(self) -> None:
        self.values: dict[str, Any] = {item.key: item.default for item in self.settings}

    @classmethod
    def setting(cls, key: str) -> Setting:
        """Return the declaration of a setting.

        Parameters
        ----------
        key
            Name in task files.

        Returns
        -------
        Setting
            Check, default and encoding.

        Raises
        ------
        KeyError
            If there is no such setting.
        """
        for item in cls.settings:
            if item.key == key:
                return item
        raise KeyError(f"{cls.__name__} has no setting {key!r}")

    def saveTask(self, filename: str | Path) -> None:
        """Write all settings to a task file (JSON).

        Parameters
        ----------
        filename
            File to create or replace; its folder must exist.

        Raises
        ------
        ZException
            If the file cannot be written, or a required setting is unknown.
        """
        text = _to_json(self.to_task())
        with atomic_path(filename) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def loadTask(self, filename: str | Path) -> None:
        """Load settings from a task file; keys of other workers are ignored.

        Parameters
        ----------
        filename
            File written by `saveTask` or by the reference.

        Raises
        ------
        ZException
            If the file is missing, not a task file, or has an invalid value. The settings are then
            unchanged.
        """
        task = _read_json(Path(filename))
        try:
            self.values = self.values | self.from_task(task)
        except (TypeError, ValueError) as error:
            raise ZException(f"Could not load task {filename}: {error}") from error

    def to_task(self) -> dict[str, Any]:
        """Return the content of the task file.

        Returns
        -------
        dict
            JSON values by key.
        """
        chosen = [item for item in self.settings if not (item.optional and self._unset(item))]
        return {item.key: item.encode(self.values[item.key]) for item in chosen}

    def from_task(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return the values in a task file.

        Parameters
        ----------
        task
            Content of the file.

        Returns
        -------
        dict
            Values by key.

        Raises
        ------
        ValueError, TypeError
            If a key is missing, or its value is refused.
        """
        loaded = {}
        for item in self.settings:
            if item.key in task:
                loaded[item.key] = (item.decode or item.check)(item.key, task[item.key])
            elif item.required:
                raise ValueError(f"the key {item.key!r} is missing")
            elif item.optional:
                loaded[item.key] = item.default
        return loaded

    def __repr__(self) -> str:
        """Show the task; unlike `saveTask` it never fails."""
        return f"<zimg.{type(self).__name__} {_to_json(Settings.to_task(self))}>"

    def _unset(self, item: Setting) -> bool:
        return self.values[item.key] is None


def _to_json(task: dict[str, Any]) -> str:
    """Return JSON text in the layout of the reference's task files."""
    return json.dumps(task, indent=4, separators=(",", " : "), ensure_ascii=False) + "\n"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        task = loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ZException(f"Could not open file {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ZException(f"Could not load task {path}: not JSON: {error}") from None
    if not isinstance(task, dict):
        raise ZException(f"Could not load task {path}: expected a JSON object, not {task!r}")
    return task
