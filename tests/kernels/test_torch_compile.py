"""Torch fuses the kernels of segments into one graph each, for volumes of all shapes."""

import warnings

import numpy as np
import pytest

from zimg.kernels.fit_lanes import fit_lanes
from zimg.kernels.line_search import PROBES
from zimg.kernels.pack import pack_volume
from zimg.kernels.scores import dot_scores
from zimg.kernels.template import full_template
from zimg.ops import jit, row_plan
from zimg.phantom import neurite
from zimg.tracing.grow_levels import grow_levels
from zimg.tracing.scorer import relative

torch = pytest.importorskip("torch")
from torch.utils._pytree import tree_leaves, tree_map_only  # noqa: E402

compat = pytest.importorskip("array_api_compat.torch")

ROWS = np.random.default_rng(4).uniform(
    [1.0, 0.0, 0.0, 0.8, 11.0, 20.0, 20.0, 10.0],
    [3.0, 3.0, 6.0, 1.4, 11.0, 50.0, 40.0, 20.0],
    (64, 8),
)


@pytest.fixture
def graphs(monkeypatch):
    """Switch compilation on, without a C++ compiler; gives the number of graphs so far."""
    seen, real = [], torch.compile

    def backend(graph, _):
        seen.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", lambda fn, **how: real(fn, backend=backend, **how))
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "1")
    hooks = pytest.importorskip("zimg.backends._torch_compile")
    hooks._compiled_form.cache_clear()
    yield lambda: len(seen)
    hooks._compiled_form.cache_clear()


def packed(depth):
    volume = torch.from_numpy(neurite().volume[:depth].copy())
    words, layout = pack_volume(volume, z_to_xy=1.0, dtype=torch.float32)
    template = full_template(dtype=torch.float32, xp=compat, on=torch.device("cpu"))
    return words, template, layout


def test_scores_are_one_graph_for_volumes_of_all_shapes(graphs):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # what says that nothing is compiled
        for depth in (32, 31, 30):
            words, template, layout = packed(depth)
            rows = torch.from_numpy(relative(ROWS, layout).astype(np.float32))
            run = jit(dot_scores, xp=compat)
            found = run(words, rows, template, layout=layout, masked=True)
            expected = dot_scores(words, rows, template, layout=layout, masked=True)
            np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-4)
    assert graphs() == 1


def test_a_fit_is_one_graph_and_ends_where_it_ends_without(graphs):
    words, template, layout = packed(32)
    rows = torch.from_numpy(relative(ROWS[:8], layout))
    count = torch.tensor([6], dtype=torch.int32)
    how = {"layout": layout, "widths": (4,), "chunk": 4 * PROBES, "unread": 2}
    found = fit_lanes(words, rows, count, template, **how)
    assert graphs() == 1
    jit(grow_levels, xp=compat, loops=True)  # whose loops read on the host: not compiled itself
    assert graphs() == 1
    hooks = pytest.importorskip("zimg.backends._torch_compile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "_compiles", lambda _: False)
        expected = fit_lanes(words, rows, count, template, **how)
    assert graphs() == 1
    assert (found[6:] == 0).all()
    np.testing.assert_allclose(found[:6].numpy(), expected[:6].numpy(), rtol=0, atol=1e-9)


def run_twice(hooks, match):
    """Results of a kernel that warns in its first run only, and without compilation."""
    words, template, layout = packed(32)
    rows = torch.from_numpy(relative(ROWS, layout).astype(np.float32))
    run = jit(dot_scores, xp=compat)
    with pytest.warns(RuntimeWarning, match=match):
        found = run(words, rows, template, layout=layout, masked=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = run(words, rows, template, layout=layout, masked=True)
    hooks._compiled_form.cache_clear()
    expected = dot_scores(words, rows, template, layout=layout, masked=True)
    return found.numpy(), again.numpy(), expected.numpy()


def test_what_cannot_be_compiled_runs_as_it_is_and_reports_it(monkeypatch):
    hooks = pytest.importorskip("zimg.backends._torch_compile")

    def broken(fn, **how):
        def run(*_, **__):
            raise RuntimeError(f"no compiler for {fn.__name__} {sorted(how)}")

        return run

    monkeypatch.setattr(torch, "compile", broken)
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "1")
    hooks._compiled_form.cache_clear()
    found, again, _ = run_twice(hooks, "torch.compile cannot compile dot_scores")
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize("spoilt", [lambda x: x * 1.1, lambda x: x[:-1], lambda x: x * np.nan])
def test_a_compiler_that_changes_results_is_not_used(monkeypatch, spoilt):
    hooks = pytest.importorskip("zimg.backends._torch_compile")
    monkeypatch.setattr(torch, "compile", lambda fn, **_: lambda *a, **k: spoilt(fn(*a, **k)))
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "1")
    hooks._compiled_form.cache_clear()
    found, again, expected = run_twice(hooks, "changes the results of dot_scores on cpu")
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(again, expected)


def test_results_are_compared_once(monkeypatch):
    hooks = pytest.importorskip("zimg.backends._torch_compile")
    compared, agree = [], hooks._agree

    def counted(*both):
        compared.append(1)
        return agree(*both)

    monkeypatch.setattr(hooks, "_agree", counted)
    monkeypatch.setattr(torch, "compile", lambda fn, **_: fn)
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "1")
    hooks._compiled_form.cache_clear()
    words, template, layout = packed(32)
    rows = torch.from_numpy(relative(ROWS, layout).astype(np.float32))
    for _ in range(3):
        jit(dot_scores, xp=compat)(words, rows, template, layout=layout, masked=True)
    hooks._compiled_form.cache_clear()
    assert compared == [1]


@pytest.fixture
def replays(monkeypatch):
    """CUDA graphs that overwrite the results of the call before; gives the names of the calls."""
    calls = []

    def compiled(fn, *, mode, **_):
        assert mode == "reduce-overhead"
        memory: list[object] = []

        def replay(*args, **options):
            calls.append(fn.__name__)
            found = fn(*args, **options)
            memory[:] = memory or [tree_map_only(torch.Tensor, torch.clone, found)]
            for mine, new in zip(tree_leaves(memory[0]), tree_leaves(found), strict=True):
                mine.copy_(new)
            return memory[0]

        return replay

    hooks = pytest.importorskip("zimg.backends._torch_compile")
    monkeypatch.setattr(torch, "compile", compiled)
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: calls.append("step"))
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "graphs")
    hooks._compiled_form.cache_clear()
    yield calls
    hooks._compiled_form.cache_clear()


def test_results_of_a_graph_outlive_its_next_replay(replays):
    words, template, layout = packed(32)
    some = relative(ROWS, layout).astype(np.float32)
    batches = [torch.from_numpy(each.copy()) for each in (some, some[::-1])]
    run = jit(dot_scores, xp=compat)
    found = [run(words, rows, template, layout=layout, masked=True) for rows in batches]
    for result, rows in zip(found, batches, strict=True):
        expected = dot_scores(words, rows, template, layout=layout, masked=True)
        np.testing.assert_array_equal(result.numpy(), expected.numpy())
    assert replays == ["step", "dot_scores"] * 2


def test_fits_by_graphs_are_those_without(replays, monkeypatch):
    words, template, layout = packed(32)
    rows, count = torch.from_numpy(relative(ROWS[:8], layout)), torch.tensor([8], dtype=torch.int32)
    how = {"layout": layout, "widths": (4,), "chunk": 4 * PROBES, "unread": 2}
    found = fit_lanes(words, rows, count, template, **how)
    assert len(replays) > 2
    hooks = pytest.importorskip("zimg.backends._torch_compile")
    monkeypatch.setattr(hooks, "_compiles", lambda _: False)
    expected = fit_lanes(words, rows, count, template, **how)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=0, atol=1e-9)


def test_shapes_are_padded_only_where_torch_compiles(monkeypatch):
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "0")
    assert row_plan(xp=compat, on=torch.device("cpu")).shapes == ()
    assert row_plan(xp=compat, on=torch.device("cuda:0")).shapes == ()
    monkeypatch.setenv("ZIMG_TORCH_COMPILE", "1")
    for on in ("cpu", "cuda:0"):
        plan = row_plan(xp=compat, on=torch.device(on))
        assert plan.rows == max(plan.shapes)
    monkeypatch.delenv("ZIMG_TORCH_COMPILE")
    assert row_plan(xp=compat, on=torch.device("cpu")).shapes == ()
    assert row_plan(xp=compat, on=torch.device("cuda:0")).shapes != ()
