"""A table of the microscope volumes against the reference: `python -m tools.report_real`.

`ZIMG_REFERENCE_DATA` names the folder of the recorded data. `--previews FOLDER` also draws each
tree over its volume.
"""

import argparse
import sys
from pathlib import Path

import zimg
from tests.reference import agreement
from zimg.view import overlay, write_png


def draw(row: agreement.Agreement, framework: str, folder: Path) -> None:
    """Our tree and, for comparison, the reference's, over the same volume."""
    case = row.case
    folder.mkdir(parents=True, exist_ok=True)
    volume = zimg.read(case.volume).data[0][0]
    trees = {framework: row.tree}
    if case.reference:
        trees["reference"] = zimg.ZSwc(case.reference)
    for name, tree in trees.items():
        picture = overlay(volume, tree, z_to_xy=case.z_to_xy)
        write_png(folder / f"{case.name}.{name}.png", picture)


def main() -> None:
    """Trace, print and draw, volume by volume."""
    parser = argparse.ArgumentParser(description=__doc__)
    agreement.add_arguments(parser)
    parser.add_argument("--previews", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    agreement.prepare(options.framework, options.dtype)

    def measure(case: agreement.Case) -> agreement.Agreement:
        row = agreement.measure(case, options.framework, options.dtype)
        if options.previews:
            draw(row, options.framework, options.previews)
        return row

    cases = agreement.real_cases(agreement.data_folder("real"))
    for line in agreement.table(map(measure, agreement.chosen(cases, options.only))):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
