"""Start the Java virtual machine that runs Bio-Formats."""

import scyjava

from zimg._errors import ZException

JARS = "ome:formats-gpl:8.0.1"


def started() -> None:
    """Start Java with the jars, once."""
    if scyjava.jvm_started():
        return
    if JARS not in scyjava.config.endpoints:
        scyjava.config.endpoints.append(JARS)
    try:
        scyjava.start_jvm()
    except (Exception, SystemExit) as error:
        cause = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise ZException(
            f"Bio-Formats cannot be started ({cause}): it needs Java, Maven, and network "
            "access to fetch "
            f"{JARS} once"
        ) from error
