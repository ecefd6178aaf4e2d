"""Damages small files at random and reads them in a process of its own: an error or an image.

``python -m tests.io.fuzzing N [suffix ...]`` prints a line per format: how many of N damaged files
gave an image, how many an error of ours, how many anything else (a crash, no answer in 5 s, more
than 1 GiB, an error that is not ours), with the seeds of the first of these. Without suffixes it
takes all of `tests.io.samples.variants`; of a store, half of the damages are in its metadata.
"""

import os
import random
import selectors
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.io.samples import made, suffixes, variants
from zimg import ZException, ZImg

LONGEST = 5.0  # seconds for one file
PATIENCE = 120.0  # seconds until a new process has imported what it needs
__all__ = ["fuzz", "refusals", "sample", "suffixes", "variants"]
LARGEST = 2**30  # bytes that reading one file may take


def damaged(data: bytes, rng: random.Random) -> bytes:
    """`data` cut somewhere, or with some bytes changed; half of those in the first kilobyte."""
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        end = min(1024, len(changed)) if rng.random() < 0.5 else len(changed)
        # A byte that the file has elsewhere keeps texts and numbers what they are, more often.
        value = rng.choice(data) if rng.random() < 0.5 else rng.randrange(256)
        changed[rng.randrange(end)] = value
    return bytes(changed)


def refusals(path: Path, data: bytes, *, count: int, cuts: float) -> int:
    """How many files are refused that are cut, by a share of `cuts`, or have one bit turned over.

    The others must give an image of the size that their header tells.
    """
    rng, refused = random.Random(0), 0
    for _ in range(count):
        changed = bytearray(data)
        if rng.random() < cuts:
            del changed[rng.randrange(len(changed)) :]
        else:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        try:
            image = ZImg(path)
        except ZException:
            refused += 1
        else:
            info = image.info
            size = info.numChannels, info.depth, info.height, info.width
            assert image.data[0].shape == size
    return refused


@dataclass
class Reader:
    """A process that reads the files that it is told, and is started anew when it ends."""

    process: subprocess.Popen[str] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def read(self, path: Path, *, seconds: float = LONGEST) -> str:
        """``image``, ``error``, or what went wrong."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            command = [sys.executable, "-u", "-m", "tests.io.fuzzing", "--read"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
            self._answer(PATIENCE)
            if seconds < PATIENCE:  # a first file, for which modules are imported
                self.read(path, seconds=PATIENCE)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return self._answer(seconds)

    def _answer(self, seconds: float) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                self.close()
                return f"no answer in {seconds} s"
        line = self.process.stdout.readline().strip()
        return line or f"crash: {self.process.wait()}"

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()  # closes the pipes too


def serve() -> None:
    """Read the files named on the standard input; answer with a line for each."""
    import resource

    sys.stdout.write("ready\n")
    for line in sys.stdin:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            ZImg(line.strip())
            answer = "image"
        except ZException:
            answer = "error"
        except BaseException as error:
            answer = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        sys.stdout.write((f"{grown} bytes" if grown > LARGEST else answer) + "\n")


def sample(folder: Path, suffix: str) -> bytes:
    """A whole file of a format that is a single file."""
    return made(folder, suffix).read_bytes()


def files_of(path: Path) -> tuple[list[Path], list[Path]]:
    """The files with metadata, and those with voxels; a single file is both."""
    if path.is_file():
        return [path], [path]
    files = sorted(each for each in path.rglob("*") if each.is_file())
    described = [each for each in files if each.suffix == ".json" or each.name.startswith(".z")]
    return described, [each for each in files if each not in described]


def fuzz(suffix: str, count: int, seed: int = 0) -> Iterator[tuple[int, str]]:
    """Seed and outcome of each damaged file of a format."""
    reader = Reader()
    with TemporaryDirectory() as name:
        path = made(Path(name), suffix)
        kinds = files_of(path)
        for each in range(seed, seed + count):
            rng = random.Random(each)
            chosen = rng.choice(rng.choice(kinds))
            whole = chosen.read_bytes()
            chosen.write_bytes(damaged(whole, rng))
            yield each, reader.read(path)
            chosen.write_bytes(whole)
    reader.close()


def main(arguments: list[str]) -> None:
    """Print the outcomes of each format, and the first seeds of those that are none of ours."""
    count = int(arguments[0])
    for suffix in arguments[1:] or variants():
        outcomes, wrong = Counter[str](), []
        for seed, outcome in fuzz(suffix, count):
            outcomes[outcome if outcome in ("image", "error") else "wrong"] += 1
            if outcome not in ("image", "error"):
                wrong.append(f"{seed}: {outcome}")
        sys.stdout.write(f"{suffix:10} {dict(outcomes)} {'; '.join(wrong[:3])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    serve() if sys.argv[1] == "--read" else main(sys.argv[1:])
