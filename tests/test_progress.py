"""Reports of long computations, and cancelling them."""

from threading import Event

import pytest

from zimg import _progress
from zimg._errors import ZCancellationException, ZException
from zimg._progress import reporter


def run_two_stages(progress: _progress.Progress) -> None:
    with reporter(progress) as report:
        report.stage("mask")
        report.stage("seeds", total=3)
        report.advance()
        report.advance(2)


def test_a_callable_hears_every_stage_and_step() -> None:
    heard: list[tuple[str, int, int | None]] = []
    run_two_stages(lambda *told: heard.append(told))
    assert heard == [("mask", 0, None), ("seeds", 0, 3), ("seeds", 1, 3), ("seeds", 3, 3)]


@pytest.mark.parametrize("progress", [None, False])
def test_no_progress_writes_nothing(
    progress: bool | None, capfd: pytest.CaptureFixture[str]
) -> None:
    run_two_stages(progress)
    assert capfd.readouterr() == ("", "")


def test_where_there_is_no_terminal_each_stage_is_one_plain_line_on_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    run_two_stages(True)
    out, err = capfd.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["mask", "seeds"]
    assert all(line.endswith(" s") for line in err.splitlines())
    assert "\r" not in err


def test_a_long_stage_reports_how_far_it_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "LINE_INTERVAL", -1.0)
    run_two_stages(True)
    assert "seeds: 1 of 3\nseeds: 3 of 3\n" in capfd.readouterr().err


def test_on_a_terminal_each_stage_is_a_bar(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    run_two_stages(True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "mask" in err


def test_progress_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="progress must be True, False, None or a callable, not 3"):
        reporter(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", ["stage", "advance", "check"])
def test_a_set_cancel_event_ends_the_computation_at_the_next_report(step: str) -> None:
    cancel = Event()
    report = reporter(None, cancel)
    report.stage("mask")
    cancel.set()
    with pytest.raises(ZCancellationException, match="cancelled"):
        report.stage("seeds") if step == "stage" else getattr(report, step)()
    assert issubclass(ZCancellationException, ZException)


def test_a_stage_ends_when_the_computation_fails(capfd: pytest.CaptureFixture[str]) -> None:
    def fail_in_a_stage() -> None:
        with reporter(True) as report:
            report.stage("mask")
            raise KeyError

    with pytest.raises(KeyError):
        fail_in_a_stage()
    assert capfd.readouterr().err.startswith("mask: ")


NOTEBOOK = """
import sys
sys.modules["ipywidgets"] = None  # not installed
from zimg import _progress
_progress.CELL_INTERVAL = -1.0
with _progress.reporter(True) as report:
    report.stage("mask")
    report.stage("seeds", total=3)
    report.advance()
    report.advance(2)
    report.stage("mask")
"""


def test_in_a_notebook_each_name_of_a_stage_is_a_line_of_text_without_widgets() -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient", reason="runs a notebook")
    pytest.importorskip("ipykernel", reason="runs a notebook")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    outputs = book.cells[0].outputs
    assert [output.output_type for output in outputs] == ["display_data"]
    assert list(outputs[0].data) == ["text/plain"]
    mask, seeds = outputs[0].data["text/plain"].splitlines()  # the second "mask" adds to the first
    assert mask.startswith("mask  ")
    assert seeds.startswith("seeds            100% [####################] 3/3")


def test_a_kernel_that_is_only_installed_or_imported_makes_no_notebook(
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("ipykernel")
    pytest.importorskip("IPython")
    run_two_stages(True)
    out, err = capfd.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["mask", "seeds"]
