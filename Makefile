# Needs Python 3.11 or newer, make and a package registry; everything else goes into .venv.
PYTHON    ?= python3
PYTHON312 ?= python3.12
PYTHON313 ?= python3.13
WORKERS   ?= 2
BIN       := .venv/bin

# One thread for each test process: the processes share the cores, the pools would fight for them.
export_threads = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

# The same examples in every run; plain `pytest` searches for new ones.
PYTEST    := pytest -q -n $(WORKERS) --dist loadfile --hypothesis-profile=ci

# `backends` and `conformance` are folders: without this line make would find nothing to do.
.PHONY: demo test check format conformance bench docs lanes generic lowest import-time clean
.PHONY: dist wheel-test napari sbom
.NOTPARALLEL:

demo: .venv/ready-core
	$(BIN)/zimg demo --overwrite

test: .venv/ready-test
	$(export_threads) $(BIN)/$(PYTEST) $(TESTS)

# `make wheel-test TESTS=tests/io` runs a part; so do test, lane, lowest and generic.
TESTS := tests conformance

check: .venv/ready-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/zizmor --quiet --offline .github

format: .venv/ready-test
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

conformance: .venv/ready-test
	$(BIN)/pytest -q conformance

# `make bench FILES="a.tif b.tif"` times those instead of the phantom.
bench: .venv/ready-test
	$(BIN)/python benchmarks/own_trace.py $(FILES)

docs: .venv/ready-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The wheel and the sdist, the same bytes for the same commit.
dist: .venv/ready-test
	rm -rf dist
	$(BIN)/python tools/build_dist.py --outdir dist

# The tests against the wheel, in a folder that holds no source of the library; without torch, as
# `lanes`. Left out are the tests that read the source.
wheel-test: dist
	$(PYTHON) -m venv --clear .venv-wheel
	.venv-wheel/bin/python -m pip install --quiet "$$(ls dist/*.whl)[$(WHEEL_EXTRAS)]" \
		build pytest-xdist setuptools setuptools-scm -c tests/constraints.txt
	rm -rf build/outside && mkdir -p build/outside
	tar -xzf dist/*.tar.gz -C build/outside --strip-components 1
	cd build/outside && rm -rf $(SOURCES) && $(export_threads) \
		../../.venv-wheel/bin/python -m $(PYTEST) --pyargs $(TESTS:conformance=zimg.conformance)

WHEEL_EXTRAS := jax,conformance,formats,dask,xarray,networkx,pandas,plot,plot3d
SOURCES := zimg backends conformance *.egg-info tests/test_imports.py tests/test_packaging.py \
	tests/test_device_kwarg.py tests/test_surface.py

# The tests with napari and Qt, without a screen. They are a lane of their own because napari brings
# 80 packages and libraries of the system. Its plugins of pytest are left out: they patch Qt.
napari:
	$(PYTHON) -m venv --clear .venv-napari
	.venv-napari/bin/python -m pip install --quiet -e ".[conformance,napari]" pyqt6 \
		-c tests/constraints.txt
	QT_QPA_PLATFORM=offscreen .venv-napari/bin/python -m pytest -q -p no:napari -p no:npe2 \
		--hypothesis-profile=ci tests/napari tests/image/test_napari_layers.py \
		tests/swc/test_bridges.py

# Packages that an installation with all extras of the tests consists of, with their licences.
sbom: .venv/ready-test
	$(BIN)/python tools/sbom.py formats dask xarray networkx pandas plot plot3d torch jax \
		--output dist/sbom.cdx.json

# The best of ten, in milliseconds, with warm files. The target is below 300.
import-time: .venv/ready-core
	@$(BIN)/python -m timeit -n 1 -r 10 -u msec \
		-s "import subprocess, sys" "subprocess.run([sys.executable, '-c', 'import zimg'])"
	@$(BIN)/python -m timeit -n 1 -r 10 -u msec \
		-s "import subprocess, sys" "subprocess.run([sys.executable, '-c', 'pass'])"

# What compiled code stands in for, without it.
generic: TESTS := tests/kernels tests/skeletons tests/tracing
generic: .venv/ready-test
	ZIMG_COMPILED=0 $(export_threads) $(BIN)/$(PYTEST) $(TESTS)

# The same tests on newer interpreters, without torch; one that is not installed is skipped.
lanes:
	@for python in $(PYTHON312) $(PYTHON313); do \
		if $$python -c "" 2>/dev/null; then $(MAKE) --no-print-directory lane LANE=$$python || exit 1; \
		else echo "$$python: not found, skipped"; fi; \
	done

.PHONY: lane
lane:
	$(LANE) -m venv --clear .venv-lane
	.venv-lane/bin/python -m pip install --quiet -e ".[jax,conformance]" \
		build pytest-xdist setuptools setuptools-scm -c tests/constraints.txt
	$(export_threads) .venv-lane/bin/$(PYTEST) $(TESTS)

# The oldest releases that pyproject.toml accepts, without torch: its old releases have no CPU build
# in the registry for Linux.
lowest:
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet -e ".[$(LOWEST_EXTRAS)]" \
		$(LOWEST_TESTS) -c tests/lowest.txt
	$(export_threads) .venv-lowest/bin/$(PYTEST) $(TESTS)

LOWEST_EXTRAS := jax,conformance,formats,dask,xarray,networkx,pandas
LOWEST_TESTS  := build mrcfile nibabel oiffile pylibCZIrw pynrrd pytest-xdist setuptools setuptools-scm SimpleITK

# An environment that is there is kept, with a CPU build of torch that the user installed first,
# whatever its version. An interrupted install leaves its mark, and the next one starts afresh.
define install
	@if [ -e .venv/installing ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --clear .venv; fi
	@rm -f .venv/ready-* && touch .venv/installing
	@torch=$$($(BIN)/python -c "$(torch_version)" 2>/dev/null || echo '&') && \
		sed "s/^torch==.*/$$torch/" tests/constraints.txt >.venv/constraints.txt
	@echo "installing into .venv, which takes a minute or more ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check
endef
torch_version := from importlib.metadata import version; print('torch==' + version('torch'))

.venv/ready-core: pyproject.toml
	$(install) -e .
	@touch $@ && rm .venv/installing

.venv/ready-test: pyproject.toml tests/constraints.txt
	$(install) -e ".[test,dev]" -c .venv/constraints.txt
	@touch .venv/ready-core $@ && rm .venv/installing

.venv/ready-docs: pyproject.toml tests/constraints.txt
	$(install) -e ".[test,dev,docs]" -c .venv/constraints.txt
	@touch .venv/ready-core .venv/ready-test $@ && rm .venv/installing

clean:
	rm -rf .venv .venv-lane .venv-lowest .venv-wheel .venv-napari build dist site zimg-demo
