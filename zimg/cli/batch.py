"""Commands with several inputs: output names, and errors of single inputs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from zimg._errors import ZException
from zimg.cli.messages import complain, message_of
from zimg.cli.outputs import is_folder, refuse_equal
from zimg.io.registry import stem_of

Job = TypeVar("Job")


def targets(sources: Sequence[str | Path], output: Path, suffix: str) -> list[Path]:
    """Return the file to write for each source.

    Parameters
    ----------
    sources
        Files or addresses.
    output
        The file for a single source; a folder for several, or where a folder of that name exists.
    suffix
        Suffix of the outputs in a folder.

    Raises
    ------
    ZException
        If two sources would be written to one file.
    """
    if not is_folder(output, len(sources)):
        return [output]
    if output.name.lower().endswith(suffix):
        raise ValueError(f"{len(sources)} images need a folder as output, not {output}")
    found = [output / f"{stem_of(source)}{suffix}" for source in sources]
    refuse_equal(found)
    return found


def run_all(run: Callable[[Job], None], jobs: Sequence[Job]) -> None:
    """Run every job, also after one has failed.

    Raises
    ------
    Exception
        The error of the last job that failed; the others are printed.
    """
    failures: list[Exception] = []
    for job in jobs:
        try:
            run(job)
        except BrokenPipeError:
            raise
        except (ZException, OSError) as error:
            failures.append(error)
    for failure in failures[:-1]:
        complain(message_of(failure))
    if failures:
        raise failures[-1]
