"""Build the sdist and the wheel, the same bytes for the same commit.

    python tools/build_dist.py --outdir dist

setuptools makes wheels that depend on SOURCE_DATE_EPOCH alone. Its sdists hold the times and the
owner of the files of the checkout, so the sdist is packed once more here.
"""

import argparse
import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build into a folder, and print the names of the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("--outdir", type=Path, default=ROOT / "dist")
    parser.add_argument("--no-isolation", action="store_true", help="use what is installed")
    options = parser.parse_args()
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(options.source))
    command = [sys.executable, "-m", "build", "--outdir", str(options.outdir)]
    command += ["--no-isolation"] * options.no_isolation + [str(options.source)]
    run(command, os.environ | {"SOURCE_DATE_EPOCH": epoch})
    for sdist in options.outdir.glob("*.tar.gz"):
        repack(sdist, int(epoch))
    for path in sorted(options.outdir.iterdir()):
        sys.stdout.write(f"{path} ({path.stat().st_size:,} bytes)\n")


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command in silence: its thousands of lines are printed only when it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def commit_time(source: Path) -> int:
    """Seconds of the last commit; of 1 January 1980, the first day of zip files, without git."""
    command = ["git", "-C", str(source), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 315532800
    return int(done.stdout)


def repack(sdist: Path, epoch: int) -> None:
    """Pack an sdist with sorted names, one time, one owner, and modes 644 and 755."""
    packed = io.BytesIO()
    with (
        tarfile.open(sdist) as old,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=packed, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    sdist.write_bytes(packed.getvalue())


if __name__ == "__main__":
    main()
