"""Bill of materials: the packages that an installation consists of, and their licences.

    python tools/sbom.py --output sbom.cdx.json     # of the core
    python tools/sbom.py torch formats              # with extras, as a table

Packages are those of the running environment that the requirements of `zimg-xp` lead to. The file
is CycloneDX 1.6 JSON; the table goes to standard output.
"""

import argparse
import json
import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement

NAME = "zimg-xp"


class Package(NamedTuple):
    """An installed distribution: name, version, licence, and the names that it requires."""

    name: str
    version: str
    licence: str
    requires: tuple[str, ...]


def main() -> None:
    """Print the table, or write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    packages = installed(NAME, options.extras)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(cyclonedx(packages), indent=2) + "\n")
    width = max(len(each.name) for each in packages)
    for each in sorted(packages):
        print(f"{each.name:{width}}  {each.version:18}  {each.licence}")  # noqa: T201


def installed(name: str, extras: Iterable[str]) -> list[Package]:
    """Return a package and everything that it requires here, missing packages left out."""
    found: dict[str, Package] = {}
    waiting = [(name, frozenset(extras))]
    seen = set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        try:
            dist = distribution(key[0])
        except PackageNotFoundError:
            continue  # for another platform, or an extra that is not installed
        needed = [each for each in map(Requirement, dist.requires or ()) if applies(each, key[1])]
        waiting += [(each.name, frozenset(each.extras)) for each in needed]
        names = {canonical(each.name) for each in needed} - {canonical(key[0])}
        old = found.get(canonical(key[0]))
        names |= set(old.requires) if old else set()
        found[canonical(key[0])] = Package(
            canonical(key[0]), dist.version, licence_of(dist), tuple(sorted(names))
        )
    return list(found.values())


def applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether a requirement is one of this platform and of some extras."""
    marker: Marker | None = requirement.marker
    return marker is None or any(marker.evaluate({"extra": each}) for each in ("", *extras))


def canonical(name: str) -> str:
    """Name as the registry compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(dist: Distribution) -> str:
    """SPDX expression, else the classifiers, else the first line of the field License."""
    data = dist.metadata
    if data["License-Expression"]:
        return str(data["License-Expression"])
    licences = [line for line in data.get_all("Classifier") or () if line.startswith("License ::")]
    names = [line.rsplit(" :: ", 1)[-1] for line in licences if not line.endswith("OSI Approved")]
    text = (data["License"] or "").strip()
    return " AND ".join(names) or (text.splitlines()[0][:60] if text else "not stated")


def cyclonedx(packages: list[Package]) -> dict[str, Any]:
    """Return the bill as CycloneDX; the first package is the described one."""
    main_one, *others = packages
    known = {each.name: purl(each) for each in packages}
    edges = {each.name: [known[n] for n in each.requires if n in known] for each in packages}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(main_one, "library")},
        "components": [component(each, "library") for each in sorted(others)],
        "dependencies": [{"ref": known[name], "dependsOn": edges[name]} for name in sorted(known)],
    }


def component(package: Package, kind: str) -> dict[str, Any]:
    """Return one component."""
    return {
        "type": kind,
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
        "licenses": [{"license": {"name": package.licence}}],
    }


def purl(package: Package) -> str:
    """Address of a package of PyPI."""
    return f"pkg:pypi/{package.name}@{package.version}"


if __name__ == "__main__":
    main()
