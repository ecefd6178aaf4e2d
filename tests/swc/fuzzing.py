"""Random SWC texts, most of them wrong: each gives a sound tree or an error that names a line.

``python -m tests.swc.fuzzing 10000`` counts the outcomes; a text that hangs ends it.
"""

import faulthandler
import random
import re
import sys
import time
import warnings
from collections import Counter

import numpy as np

from zimg import ZException
from zimg.swc.check import check_file, check_tree
from zimg.swc.text import read_swc

LONGEST = 5.0  # seconds for one text
CHARACTERS = "0123456789 .-+e#,;_\n\t\r\vnaif\0\ufeff\u0663\u2028"
FIELDS = (
    *("0", "1", "2", "3", "-1", "-2", "1.0", "1.5", "1e3", "1e400", "nan", "inf", "-inf", "1.#INF"),
    *("", "x", "1_0", "0x10", "#", "# SCALE 1 1 1", "9223372036854775807", "9223372036854775808"),
    *("1e18", "1e19", "-0", "+1", "1,2", "1;", ",", "\ufeff", "\0", "\u0661", "9" * 400, " "),
)
SAID = re.compile(r"cannot read SWC text: line \d+: .+")


def with_changed_characters(choose: random.Random) -> str:
    """A sound text with some characters changed."""
    text = list("# head\n" + "".join(f"{n} 2 {n}.5 0 {n} 1 {n - 1 or -1}\n" for n in range(1, 9)))
    for _ in range(choose.randrange(1, 5)):
        text[choose.randrange(len(text))] = choose.choice(CHARACTERS)
    return "".join(text) + "\n"


def with_any_links(choose: random.Random) -> str:
    """Lines whose ids and parents are drawn from few numbers: cycles, copies, orphans."""
    most = choose.randrange(2, 30)
    ids = [choose.randrange(most) for _ in range(choose.randrange(1, 12))]
    if choose.random() < 0.7:
        ids = list(dict.fromkeys(ids))
    return "".join(f"{own} 2 0 0 0 1 {choose.randrange(-1, most)}\n" for own in ids)


def with_any_fields(choose: random.Random) -> str:
    """Lines of any fields, in any number, with any ends."""
    lines = []
    for number in range(choose.randrange(1, 6)):
        fields = [str(number), "2", "0", "0", "0", "1", "-1"]
        for _ in range(choose.randrange(3)):
            fields[choose.randrange(7)] = choose.choice(FIELDS)
        if choose.random() < 0.1:
            fields = fields[: choose.randrange(7)] * choose.randrange(1, 4)
        lines.append(choose.choice(" \t,;").join(fields))
    return choose.choice(("\n", "\r\n", "\n\n", " \n")).join(lines) + "\n"


def of_any_characters(choose: random.Random) -> str:
    """Characters without any order."""
    return "".join(choose.choices(CHARACTERS, k=choose.randrange(80))) + "\n"


KINDS = (with_changed_characters, with_any_links, with_any_fields, of_any_characters)


def outcome(text: str) -> str:
    """``tree`` or ``error``; an `AssertionError` for a text that gives neither as it should."""
    findings = check_file(text)
    wrong = any(finding.is_error for finding in findings)
    try:
        tree = read_swc(text)
    except ZException as error:
        assert SAID.fullmatch(str(error)), error  # noqa: PT017  # its text is one of two outcomes
        assert wrong, f"nothing is found in what cannot be read: {text!r}"
        rest = read_swc(text, on_error="warn")
        assert not any(finding.is_error for finding in check_tree(rest))
        return "error"
    assert not wrong, f"an error is found in what can be read: {text!r}"
    assert np.isfinite(tree.xyz).all()
    assert np.isfinite(tree.radius).all()
    assert (tree.parent < np.arange(len(tree))).all()
    assert len(np.unique(tree.id)) == len(tree)
    return "tree"


def main(count: int = 10_000) -> None:
    """Try `count` texts of each kind and say what came of them."""
    warnings.simplefilter("ignore")
    for kind in KINDS:
        choose = random.Random(kind.__name__)
        outcomes: Counter[str] = Counter()
        slowest = 0.0
        for _ in range(count):
            text = kind(choose)
            faulthandler.dump_traceback_later(LONGEST, exit=True)
            begin = time.perf_counter()
            outcomes[outcome(text)] += 1
            slowest = max(slowest, time.perf_counter() - begin)
        faulthandler.cancel_dump_traceback_later()
        told = ", ".join(f"{number} {name}" for name, number in sorted(outcomes.items()))
        sys.stdout.write(f"{kind.__name__}: {told}; the slowest took {1000 * slowest:.1f} ms\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
