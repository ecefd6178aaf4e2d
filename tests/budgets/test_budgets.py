"""Workloads on a device stay within their budgets of launches, reads, transfers and memory.

Host arrays are treated as GPU arrays, so this runs everywhere. The budgets are in
`conformance/certify/budgets.json`; they may only fall.
"""

import math

import pytest
from zimg.conformance.certify.budgets import (  # type: ignore[import-not-found]
    COUNTED,
    budgets,
    count,
    exceeded,
    figures,
    lowered,
    volume,
)
from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]
from zimg.conformance.certify.ledger import Ledger  # type: ignore[import-not-found]

# Accurate mode and JAX on the neuron: `python -m zimg.conformance.certify.budgets` counts them.
CASES = [(framework, work) for framework in COUNTED for work in ("reference", "skeleton")]
CASES += [("torch", "neuron")]


@pytest.mark.slow
@pytest.mark.parametrize(("framework", "work"), CASES)
def test_work_costs_no_more_than_its_budget(framework: str, work: str) -> None:
    pytest.importorskip(framework)
    found = figures(framework, count(framework, work))
    assert found["total"].keys() >= set(COUNTED[framework][:2])
    assert exceeded(found, budgets()[framework][work]) == []


def test_a_figure_above_its_budget_is_named_and_a_budget_only_falls() -> None:
    allowed = {"grow": {"kernels": 100, "reads": 4}}
    found = {"grow": {"kernels": 90, "reads": 9}, "new": {"reads": 1}}
    assert exceeded(found, allowed) == [
        "grow: 9 reads, allowed are 4",
        "new: 1 reads, allowed are 0",
    ]
    assert lowered(found, allowed)["grow"] == {"kernels": 90, "reads": 4}


def test_operations_reads_transfers_and_memory_of_torch_are_counted() -> None:
    torch = pytest.importorskip("torch")
    from zimg.ops import like, to_host

    x = torch.ones((4, 256), dtype=torch.float32)
    with counted("torch") as ledger:
        ledger.enter("one")
        doubled = x + x
        view = doubled[1:, ...].reshape(-1)
        ledger.enter("two")
        assert bool((view > 1).all())
        to_host(view)
        like(x.numpy(), x)
        del doubled, view
    one, two = ledger.stages["one"], ledger.stages["two"]
    assert (one.kernels, one.launches, one.reads, one.peak) == (1, 1, 0, 4096)
    assert (two.kernels, two.reads) == (2, 1)
    assert (two.downloads, two.downloaded, two.uploads, two.uploaded) == (1, 3072, 1, 4096)
    assert two.round_trips == 2
    assert two.peak == 2 * 4096  # the sum and what was sent
    assert ledger.live == 0


def test_programs_of_jax_are_counted_once_per_shape() -> None:
    jax = pytest.importorskip("jax")
    from zimg.ops import jit

    def square(x):
        return x * x + 1

    arrays = [jax.numpy.ones(n) for n in (3, 3, 5)]
    with counted("jax") as ledger:
        call = jit(square, xp=jax.numpy)
        for n, x in enumerate(arrays):
            ledger.enter(str(n))
            call(x)
    assert [ledger.stages[str(n)].programs for n in range(3)] == [1, 0, 1]
    assert ledger.total.launches == 3


def test_a_ledger_adds_up() -> None:
    ledger = Ledger()
    ledger.enter("a")
    ledger.hold(5)
    ledger.enter("b")
    ledger.hold(3)
    ledger.hold(-8)
    assert ledger.stages["b"].peak == ledger.total.peak == 8


def test_a_neuron_of_four_million_voxels_meets_the_goals_for_waits_and_downloads() -> None:
    """At most 100 waits, and 0.1 byte per voxel down."""
    found = budgets()["torch"]["neuron"]["total"]
    assert found["reads"] + found["downloads"] <= 100
    assert found["downloaded"] <= 0.1 * volume("neuron").size
    assert budgets()["torch"]["skeleton"]["total"]["launches"] <= 1000


def test_the_phantom_is_as_small_as_the_budgets_say() -> None:
    assert math.prod(volume("reference").shape) == 163_840
    assert 1000 < int(volume("skeleton").sum()) < 10_000
