"""Records the names, arguments and defaults of the reference in tests/data/surface.json.

Run as ``python tools/record_surface.py [FILE]``, where FILE is a description of the
reference made by introspection; without it, ``spec/api_surface.json`` beside the folder named by
the variable ZIMG_REFERENCE_DATA. What is said there about names we lack stays as it is.
"""

import ast
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

RECORD = Path(__file__).resolve().parents[1] / "tests" / "data" / "surface.json"


def arguments(signature: str) -> str:
    """The arguments of a signature with defaults, without `self` and types.

    Examples
    --------
    >>> arguments("zoom(self, scaleX: float, scaleZ: float = 1.0) -> ZImg")
    'scaleX, scaleZ=1.0'
    """
    plain = re.sub(r"ndarray\[[^\]]*\]", "ndarray", signature.partition(" -> ")[0])
    (function,) = ast.parse(f"def {plain}: ...").body
    assert isinstance(function, ast.FunctionDef)
    for argument in (*function.args.posonlyargs, *function.args.args):
        argument.annotation = None
    text = ast.unparse(function.args)
    return re.sub(r"^self(, /)?(, )?", "", text)


def member(described: dict[str, Any]) -> Any:
    """What is recorded of a member: its value, its type, ``rw``, ``ro``, or forms of a call."""
    kind, signature = described["kind"], described["signature"]
    if kind == "enum_member":
        return int(signature)
    if kind == "constant":
        return {"type": signature[0]}
    if kind.startswith("property_"):
        return kind.removeprefix("property_")
    return list(dict.fromkeys(arguments(form) for form in signature))


def name(described: dict[str, Any]) -> dict[str, Any]:
    """What is recorded of a public name."""
    record = {"scope": described["scope"], "kind": described["kind"]}
    if described["scope"] == "core" or described["kind"] == "enum":
        members = described.get("members", {})
        record["members"] = {key: member(value) for key, value in members.items()}
    if "bases" in described and described["bases"] != ["object"]:
        record["bases"] = described["bases"]
    return record


def dumped(record: dict[str, Any]) -> str:
    """The record as JSON with one line per public name or heading."""
    parts = []
    for key, value in record.items():
        if isinstance(value, dict):
            lines = (f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            parts.append(f" {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n }")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(*files: str) -> None:
    """Write the record."""
    beside = Path(os.environ.get("ZIMG_REFERENCE_DATA", ".")).resolve().parent
    source = Path(files[0]) if files else beside / "spec" / "api_surface.json"
    described = json.loads(source.read_text(encoding="utf-8"))
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    record["names"] = {key: name(value) for key, value in described["names"].items()}
    RECORD.write_text(dumped(record), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
