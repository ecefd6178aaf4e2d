"""Two interpreters that do the same by turns: this library and the reference.

`ZIMG_REFERENCE_PYTHON` names an interpreter that has the reference installed; it may not be one of
this project, since both packages have one name. Each side is a process that lives on, so that
neither pays for its start. A program runs in both: it is given the side and a folder, prints
``ready``, and answers each line of its input by a line ``took`` with JSON.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

OURS, THEIRS = "ours", "theirs"


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
        rounds = zip(self.ours, self.theirs, strict=True)
        return median(one["seconds"] / other["seconds"] for one, other in rounds)


class Pairs:
    """Runs a program on both sides; to be used as a context.

    Parameters
    ----------
    program
        Source of the program.
    folder
        Where both work.
    """

    def __init__(self, program: str, folder: Path) -> None:
        python = {OURS: sys.executable, THEIRS: os.environ["ZIMG_REFERENCE_PYTHON"]}
        self._processes = {side: started(python[side], program, side, folder) for side in python}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.communicate()

    def run(self, request: str, rounds: int, *, warm_up: bool = True) -> Pair:
        """Ask both sides by turns; a first round, if it is to warm up, does not count."""
        answers: dict[str, list[dict[str, Any]]] = {OURS: [], THEIRS: []}
        for number in range(rounds + warm_up):
            for side in (OURS, THEIRS)[:: 1 if number % 2 else -1]:
                answer = self.ask(side, request)
                if number >= warm_up:
                    answers[side].append(answer)
        return Pair(**answers)

    def ask(self, side: str, request: str) -> dict[str, Any]:
        """One answer of one side."""
        process = self._processes[side]
        print(request, file=process.stdin, flush=True)
        return dict(json.loads(answer_of(process, "took", request)))


def started(python: str, program: str, side: str, folder: Path) -> "subprocess.Popen[str]":
    """A process that has said that it is ready."""
    process = subprocess.Popen(
        [python, "-c", program, side, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
    )
    answer_of(process, "ready", "its start")
    return process


def answer_of(process: Any, word: str, request: str) -> str:
    """The rest of the next line that begins with `word`; the reference prints others."""
    for line in process.stdout:
        if line.startswith(word):
            return str(line[len(word) :])
    raise RuntimeError(f"{process.args[0]} ended at {request}")
