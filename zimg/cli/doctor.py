"""``zimg doctor``: frameworks, devices and formats that work on this machine."""

import json
import sys
from dataclasses import asdict

from zimg._errors import ZException
from zimg.diagnosis import doctor


def show_diagnosis(*, as_json: bool) -> None:
    """Print the diagnosis; raise a `ZException` if the core itself does not work."""
    found = doctor()
    sys.stdout.write((json.dumps(asdict(found)) if as_json else repr(found)) + "\n")
    if found.problem:
        raise ZException(f"the core does not work: {found.problem}")
