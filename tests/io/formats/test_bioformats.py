"""Bio-Formats cannot be had where these tests run: what is said then."""

import pytest

import zimg
from zimg import ZException

scyjava = pytest.importorskip("scyjava")


def test_without_its_jars_one_line_reports_what_is_needed(tmp_path, monkeypatch):
    def no_network() -> None:
        raise OSError("no route to the jars\nat line 3")

    monkeypatch.setattr(scyjava, "start_jvm", no_network)
    (tmp_path / "a.nd2").write_bytes(b"x")
    with pytest.raises(ZException, match=r"cannot be started .*Java, Maven") as failure:
        zimg.read(tmp_path / "a.nd2")
    assert "\n" not in str(failure.value)
