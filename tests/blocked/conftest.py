"""A small store and the result of an undisturbed run."""

from pathlib import Path

import pytest

from tests.blocked import volumes


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fork as OME-Zarr."""
    path = tmp_path_factory.mktemp("source") / "fork.ome.zarr"
    volumes.fork().write(path, chunk=(32, 32, 32))
    return path


@pytest.fixture(scope="session")
def expected(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Result and records of a run in one thread."""
    session = tmp_path_factory.mktemp("expected") / "session"
    volumes.run(store, session)
    return volumes.files_of(session)
