"""A table of all drawn volumes against the reference: `python -m tools.report_autotrace`.

`ZIMG_REFERENCE_DATA` names the folder of the recorded data.
"""

import argparse
import sys

from tests.reference import agreement


def main() -> None:
    """Trace and print, volume by volume."""
    parser = argparse.ArgumentParser(description=__doc__)
    agreement.add_arguments(parser)
    options = parser.parse_args()
    agreement.prepare(options.framework, options.dtype)
    cases = agreement.autotrace_cases(agreement.data_folder("autotrace"))
    rows = (
        agreement.measure(case, options.framework, options.dtype)
        for case in agreement.chosen(cases, options.only)
    )
    for line in agreement.table(rows):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
