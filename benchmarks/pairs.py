"""Alternate runs of this library and the reference, in two interpreters.

`ZIMG_REFERENCE_PYTHON` names an interpreter that has the reference installed; it may not be one of
this project, since both packages have one name. Each side is a process that lives on, so that
neither pays for its start. A program runs in both: it is given the side and a folder, prints
``ready``, and answers each line of its input by a line ``took`` with JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

OURS, THEIRS = "ours", "theirs"

Answers = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Pair:
    """What both sides answered, in rounds.

    Attributes
    ----------
    ours, theirs
        An answer for each round; ``seconds`` is in all of them.
    """

    ours: list[dict[str, Any]]
    theirs: list[dict[str, Any]]

    def median(self, side: str, key: str = "seconds") -> float:
        """Median over the rounds of one side."""
        return median(answer[key] for answer in getattr(self, side))

    @property
    def ratio(self) -> float:
        """Median of our time divided by that of the reference, round by round."""
        return self.ratio_of("seconds")

    def ratio_of(self, key: str) -> float:
        """Median of our figure divided by that of the reference, round by round."""
        rounds = zip(self.ours, self.theirs, strict=True)
        return median(one[key] / max(other[key], 1e-9) for one, other in rounds)


class Players:
    """Processes that live on and do the same by turns; to be used as a context.

    Parameters
    ----------
    python
        Interpreters by name.
    program
        Source of the program; it is given the name and the folder.
    folder
        Where all work.
    """

    def __init__(self, python: Mapping[str, str], program: str, folder: Path) -> None:
        self._processes = {name: _started(python[name], program, name, folder) for name in python}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.communicate()

    def turns(self, names: Sequence[str], request: str, rounds: int) -> Answers:
        """Ask by turns, in an order that is reversed every round."""
        answers: Answers = {name: [] for name in names}
        for number in range(rounds):
            for name in names[:: -1 if number % 2 else 1]:
                answers[name].append(self.ask(name, request))
        return answers

    def ask(self, name: str, request: str) -> dict[str, Any]:
        """One answer of one of them."""
        process = self._processes[name]
        print(request, file=process.stdin, flush=True)
        return dict(json.loads(_answer(process, "took", request)))


class Pairs(Players):
    """Runs a program on both sides.

    Parameters
    ----------
    program
        Source of the program.
    folder
        Where both work.
    """

    def __init__(self, program: str, folder: Path) -> None:
        python = {OURS: sys.executable, THEIRS: os.environ["ZIMG_REFERENCE_PYTHON"]}
        super().__init__(python, program, folder)

    def run(self, request: str, rounds: int, *, warm_up: bool = True) -> Pair:
        """Ask both sides by turns; a first round, if it is to warm up, does not count."""
        answers = self.turns((OURS, THEIRS), request, rounds + warm_up)
        return Pair(**{side: own[warm_up:] for side, own in answers.items()})


def _started(python: str, program: str, side: str, folder: Path) -> "subprocess.Popen[str]":
    """A process that has reported that it is ready; other interpreters do not search our folder."""
    alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    process = subprocess.Popen(
        [python, "-c", program, side, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=None if python == sys.executable else alone,
    )
    _answer(process, "ready", "its start")
    return process


def _answer(process: Any, word: str, request: str) -> str:
    """The rest of the next line that begins with `word`; the reference prints others."""
    for line in process.stdout:
        if line.startswith(word):
            return str(line[len(word) :])
    raise RuntimeError(f"{process.args[0]} ended at {request}")
