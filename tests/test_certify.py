"""The certificate: verdicts, what is not run, the papers; checks that need no device are run."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from zimg.conformance.certify.counting import replaced  # type: ignore[import-not-found]

from zimg._progress import Reporter

certify: Any = import_module("zimg.conformance.certify.command")
lean: Any = import_module("zimg.conformance.certify.lean")
paper: Any = import_module("zimg.conformance.certify.paper")
places: Any = import_module("zimg.conformance.certify.places")
promises: Any = import_module("zimg.conformance.certify.promises")
right: Any = import_module("zimg.conformance.certify.right")
fast: Any = import_module("zimg.conformance.certify.fast")

FACTS = {"python": "3"}


def impossible():
    raise promises.NotRunError("no such thing <here>")


def wrong():
    raise RuntimeError("driver\nmore")


@pytest.fixture
def certificate():
    made = promises.Certificate(Reporter())
    made.find_out("right", "torch on cuda:0", "one", lambda: (True, "1.0"))
    made.find_out("right", "torch on cuda:0", "two", impossible)
    return made


def test_a_promise_is_kept_broken_or_not_run(certificate):
    assert certificate.kept
    assert [each.verdict for each in certificate.promises] == ["kept", "not run"]
    certificate.find_out("lean", "torch on cuda:0", "three", wrong)
    assert certificate.promises[-1].measured == "RuntimeError: driver"
    assert not certificate.kept


def test_nothing_run_is_no_certificate_and_late_checks_are_left_out(certificate):
    late = promises.Certificate(Reporter(), began=certificate.began - promises.SECONDS - 1)
    late.find_out("right", "any", "one", lambda: (True, ""))
    assert late.promises[0].verdict == "not run"
    assert "0 s are left" in late.promises[0].measured
    assert not late.kept


def test_the_papers_report_the_same(certificate):
    text = paper.as_text(certificate, FACTS)
    assert "+ one" in text
    assert ". two" in text
    content = json.loads(paper.as_json(certificate, FACTS))
    assert content["schema"] == 1
    assert [each["verdict"] for each in content["promises"]] == ["kept", "not run"]
    assert text.splitlines()[-2] in content["report"]
    page = paper.as_html(certificate, FACTS)
    assert len(re.findall('class="grey"', page)) == 1
    assert "&lt;here&gt;" in page


def test_a_framework_or_device_that_is_missing_is_named():
    assert places.reached("torch", "cuda:99").missing
    assert "not installed" in places.reached("no_such_framework", "cpu").missing


def test_a_rehearsal_finds_right_and_lean_and_no_times():
    pytest.importorskip("torch")
    place = places.reached("torch", "cpu")
    assert not place.missing
    kept, measured = right.skeletonized(place)
    assert kept, measured
    kept, measured = lean.within(place, "skeleton")
    assert kept, measured
    made = promises.Certificate(Reporter())
    fast.look(made, place, long=False)
    assert [each.measured for each in made.promises] == ["a simulated GPU measures nothing"]
    with pytest.raises(promises.NotRunError, match="only one"):
        right.second(place)
    kept, measured = right.too_large(place)
    assert kept, measured


def test_the_rate_of_reads_can_be_measured_where_torch_is(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(fast, "GATHERS", 10_000)
    monkeypatch.setattr(fast, "ROWS", 4)
    _, measured = fast.rate(places.Place("torch", "cpu"))
    assert "billion reads a second" in measured


def test_places_share_the_time(monkeypatch):
    made = promises.Certificate(Reporter())
    monkeypatch.setattr(promises, "SECONDS", 90.0)
    made.share(3)
    assert 29.0 < made.until < 31.0
    made.share(1)
    assert 89.0 < made.until <= 90.1
    made.until = -1.0
    made.find_out("right", "any", "one", lambda: (True, ""))
    assert made.promises[0].verdict == "not run"


def test_a_volume_that_does_not_fit_breaks_no_promise_when_it_is_refused(monkeypatch):
    pytest.importorskip("torch")
    hooks: Any = import_module("zimg.backends._torch")
    place = places.Place("torch", "cpu:0")
    free = lambda *_, **__: 1_000_000  # noqa: E731
    monkeypatch.setattr(right, "free_memory", free)
    with replaced(hooks, "free_memory", free):
        kept, reported = right.too_large(place)
    assert kept, reported
    assert "downsample" in reported


SECOND = """
from zimg.conformance.certify import places, right
places.offer_second_host_device()
import jax
place = places.reached("jax", "cpu")
print(*right.second(place))
first = jax.device_put(right.volume("reference"), jax.devices()[0])
right.skeletonized = lambda other: (first.to_device(jax.devices()[1]).shape == first.shape, "")
try:
    right.second(place)
except Exception as error:
    print(str(error).splitlines()[0])
"""


def test_a_second_device_of_jax_gives_the_same_and_nothing_leaves_it():
    pytest.importorskip("jax")
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    done = subprocess.run(
        [sys.executable, "-c", SECOND],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, then = done.stdout.splitlines()
    assert first.startswith("True jax on cpu:1")
    assert "Disallowed device-to-device transfer" in then


def test_a_missing_device_takes_one_line_that_gives_the_reason():
    made = certify.certified("cuda:99", quick=True, progress=False)
    assert [each.text for each in made.promises] == ["every promise"] * len(places.DEVICES)
    assert all(each.verdict == "not run" and each.measured for each in made.promises)


def test_times_are_compared_by_turns_and_stages_add_up(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(fast, "ROUNDS", 1)
    monkeypatch.setattr(fast, "tiled", lambda _: fast.volume("reference")[:, :40, :40])
    kept, reported = fast.faster(places.Place("torch", "cpu:0"), "small")
    assert isinstance(kept, bool)
    assert re.search(r"[\d.]+ s, CPU [\d.]+ s, x [\d.]+ \(.*preprocess [\d.]+", reported)
