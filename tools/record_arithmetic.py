"""Record what the reference's image arithmetic gives: run with the reference's Python.

Usage: ``python record_arithmetic.py OUTPUT.json``. Operands: every integer and float type at its
edges, with images of the same and of other types, ints, and floats. Where the right operand is an
image, each value of ``left`` meets each of ``array``, the latter changing fastest. Of ints only
those are recorded that the reference takes exactly.
"""

import json
import sys
from itertools import product
from pathlib import Path

import zimg  # before NumPy, whose libraries it does not tolerate

import numpy as np  # isort: skip

TYPES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
TYPES += ["float32", "float64"]
NUMBERS: list[tuple[str, float]] = [("int", x) for x in (1, -1, 2, 3, -7, 100, 255, -300, 70000)]
NUMBERS += [("float", x) for x in (0.5, -0.5, 1.5, -2.5, 3.0, 0.1, 1e30, -1e30)]
NUMBERS += [("float", float(x)) for x in ("inf", "-inf", "nan")]
OPERATORS = ["+", "-", "*", "/"]


def values(dtype):
    if dtype.startswith("float"):
        return [
            0.0,
            1.0,
            -1.0,
            0.5,
            2.5,
            -2.5,
            3.75,
            200.5,
            -1e10,
            1e30,
            float("inf"),
            float("nan"),
        ]
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    found = [low, low + 1, low // 3, -2, -1, 0, 1, 2, 5, high // 3, high // 2, high - 1, high]
    return sorted({x for x in found if low <= x <= high})


def image(numbers, dtype):
    return zimg.ZImg(np.array(numbers, dtype=dtype).reshape(1, 1, 1, -1))


def spelled(x):
    return str(x) if isinstance(x, float) and not np.isfinite(x) else x


def case(dtype, left, operator, other):
    a = image(left, dtype)
    if operator == "secureDivideBy":
        result = a.secureDivideBy(other)
    else:
        result = eval(f"a {operator} b", {"a": a, "b": other})
    return {
        "dtype": dtype,
        "operator": operator,
        "left": [spelled(x) for x in left],
        "result": [spelled(x) for x in result.data[0].ravel().tolist()],
    }


def cases():
    for dtype, operator in product(TYPES, OPERATORS):
        for kind, number in NUMBERS:
            yield case(dtype, values(dtype), operator, number) | {
                "type": kind,
                "number": spelled(number),
            }
    for dtype, operator, other in product(TYPES, [*OPERATORS, "secureDivideBy"], TYPES):
        pairs = list(product(values(dtype), values(other)))
        left, right = (list(x) for x in zip(*pairs, strict=True))
        yield case(dtype, left, operator, image(right, other)) | {
            "left": [spelled(x) for x in values(dtype)],
            "type": other,
            "array": [spelled(x) for x in values(other)],
        }


lines = ",\n".join(json.dumps(x) for x in cases())
Path(sys.argv[1]).write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")
