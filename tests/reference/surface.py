"""How our public names compare with the recorded ones of the reference.

Run as ``python -m tests.reference.surface > docs/surface.md`` to write the page of the manual.
"""

import ast
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zimg

RECORD: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "surface.json").read_text(encoding="utf-8")
)
# Reason of each dotted name or public name that is not there, by the list that it stands on.
ABSENT = {
    status: {name: reason for reason, names in RECORD[status].items() for name in names}
    for status in ("later", "out_of_scope")
}
# Defaults of the reference that are shared between calls there; None here makes a fresh one.
FRESH = {"ZImgRegion()", "ZImgInfo()", "ZImgWriteParameters()"}
HEAD = """# API coverage

Public names of the reference, neuTube's C++ library (PyPI package `zimg` 1.0.16): `delivered` with
the same members and arguments, planned (`later`), or `out of scope`, and why. The page is written
by `python -m tests.reference.surface` and checked by `tests/test_surface.py`.

"""


def status(dotted: str) -> str:
    """`delivered`, `later` or `out_of_scope`; a member of a name that is missing is missing too."""
    names = {dotted, dotted.partition(".")[0]}
    return next((s for s, absent in ABSENT.items() if names & absent.keys()), "delivered")


def members(name: str, wanted: str = "delivered") -> list[str]:
    """The recorded members of a name with this status."""
    recorded = RECORD["names"][name].get("members", {})
    return [member for member in recorded if status(f"{name}.{member}") == wanted]


def found(dotted: str) -> Any:
    """Our object of that name, or None; a field of a value type is the name of its type."""
    name, _, member = dotted.partition(".")
    owner = getattr(zimg, name, None)
    fields = getattr(owner, "__dataclass_fields__", {})
    if not member or (member in fields and not hasattr(owner, member)):
        return fields[member].type if member else owner
    if owner is not None and member in vars(object):  # every class has some __init__ and __repr__
        return getattr(owner, member) if getattr(owner, member) != vars(object)[member] else None
    return inspect.getattr_static(owner, member, None)


def forms(dotted: str) -> list[str]:
    """The arguments of each form in which the reference can be called; none for what is no call."""
    name, _, member = dotted.partition(".")
    recorded = RECORD["names"][name]["members"][member]
    return recorded if isinstance(recorded, list) else []


def mismatch(dotted: str, form: str) -> str:
    """Why our function cannot be called as this form says, or has other defaults; else empty."""
    name, _, member = dotted.partition(".")
    called = getattr(zimg, name) if member == "__init__" else getattr(getattr(zimg, name), member)
    ours = inspect.signature(called)
    bound = isinstance(getattr(zimg, name), type) and member != "__init__"
    static = isinstance(inspect.getattr_static(getattr(zimg, name), member), staticmethod)
    owner = [object()] if bound and not static else []
    wanted = list(_parameters(form))
    try:
        for count in range(sum(default is None for _, default, _ in wanted), len(wanted) + 1):
            ours.bind(*owner, *range(count))
        by_name = {n: 0 for n, _, positional in wanted if not positional}
        ours.bind(*owner, *(0 for _, _, positional in wanted if positional), **by_name)
    except TypeError as error:
        return f"{dotted}({form}): {error}"
    return _other_defaults(ours, wanted)


def _parameters(form: str) -> Iterator[tuple[str, str | None, bool]]:
    """Name, default as text, and whether it goes by position only, of each argument."""
    (function,) = ast.parse(f"def f({form}): ...").body
    assert isinstance(function, ast.FunctionDef)
    args = function.args
    every = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(every) - len(args.defaults)) + [ast.unparse(d) for d in args.defaults]
    for argument, default in zip(every, defaults, strict=True):
        yield argument.arg, default, argument in args.posonlyargs


def _other_defaults(ours: inspect.Signature, wanted: list[tuple[str, str | None, bool]]) -> str:
    """The defaults that differ, as far as our signature names the arguments; else empty."""
    public = {name: getattr(zimg, name) for name in zimg.__all__}
    differing = []
    for name, default, _ in wanted:
        parameter = ours.parameters.get(name)
        if parameter is None or default is None or (parameter.default is None and default in FRESH):
            continue
        if parameter.default != eval(default, public):
            differing.append(f"{name}={parameter.default!r}, not {default}")
    return "; ".join(differing)


def counts() -> dict[str, int]:
    """Numbers of recorded names and members by status."""
    dotted = [
        *RECORD["names"],
        *(f"{n}.{m}" for n in RECORD["names"] for m in RECORD["names"][n].get("members", ())),
    ]
    states = [status(name) for name in dotted]
    return {state: states.count(state) for state in ("delivered", "later", "out_of_scope")}


def page() -> str:
    """The page of the manual: one row per name, then one per member that is missing."""
    total = counts()
    text = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in total.items())
    lines = [f"{HEAD}Names and members: {text}.", "", "| name | members | state | reason |"]
    lines += ["|---|---|---|---|", *(_row(name) for name in RECORD["names"])]
    lines += ["", "Calls that differ:", "", "| call of the reference | here |", "|---|---|"]
    lines += [f"| `{call}` | {reason} |" for call, reason in RECORD["different"].items()]
    return "\n".join(lines) + "\n"


def _row(name: str) -> str:
    state = status(name)
    if state != "delivered":
        return f"| `{name}` | | {state.replace('_', ' ')} | {ABSENT[state][name]} |"
    recorded = RECORD["names"][name].get("members", {})
    missing = members(name, "later")
    reasons = sorted({ABSENT["later"][f"{name}.{member}"] for member in missing})
    reason = f"without `{', '.join(missing)}`: {', '.join(reasons)}" if missing else ""
    share = f"{len(recorded) - len(missing)} of {len(recorded)}"
    return f"| `{name}` | {share} | delivered | {reason} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
