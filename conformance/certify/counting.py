"""What work costs a device, counted while it runs: launches, reads, transfers, memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from zimg import _dispatch
from zimg._dispatch import hooks_for
from zimg._typing import Array


@dataclass
class Counts:
    """Costs of one stage, or of all.

    Attributes
    ----------
    kernels
        Operations that compute, inside compiled functions too; views and empty memory are free.
    launches
        Those outside compiled functions, and calls of these: what the host has to send.
    reads
        Values that the host reads in passing (``bool``, ``item``, ``nonzero``): each one waits.
    downloads, downloaded
        Results that the host fetches, and their bytes; each one waits.
    uploads, uploaded
        Arrays that the host sends, and their bytes.
    programs, compile_seconds
        Functions compiled, and how long that took.
    peak
        Bytes that results of operations held at most; 0 where nothing tells.
    """

    kernels: int = 0
    launches: int = 0
    reads: int = 0
    downloads: int = 0
    downloaded: int = 0
    uploads: int = 0
    uploaded: int = 0
    programs: int = 0
    compile_seconds: float = 0.0
    peak: int = 0

    @property
    def round_trips(self) -> int:
        """How often the host waits for the device."""
        return self.reads + self.downloads

    def __add__(self, other: "Counts") -> "Counts":
        names = [name for name in self.__dataclass_fields__ if name != "peak"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Counts(**sums, peak=max(self.peak, other.peak))


@dataclass
class Ledger:
    """Costs by stage.

    Attributes
    ----------
    stages
        Costs by the name that the work gave its stage.
    stage
        The stage that costs are booked on.
    inside
        Depth of compiled functions.
    live
        Bytes that results of operations hold now.
    """

    stages: dict[str, Counts] = field(default_factory=dict)
    stage: str = "start"
    inside: int = 0
    live: int = 0

    @property
    def now(self) -> Counts:
        """Costs of the current stage."""
        return self.stages.setdefault(self.stage, Counts())

    @property
    def total(self) -> Counts:
        """Costs of all stages."""
        return sum(self.stages.values(), Counts())

    def enter(self, stage: str, *_progress: object) -> None:
        """Begin a stage; has the form of the `progress` that pipelines take."""
        self.stage = stage

    def compute(self) -> None:
        """Book one operation."""
        self.now.kernels += 1
        self.now.launches += not self.inside

    def hold(self, size: int) -> None:
        """Book memory; a negative size gives it back."""
        self.live += size
        self.now.peak = max(self.now.peak, self.live)


@contextmanager
def counted(framework: str) -> Iterator[Ledger]:
    """Count what happens on arrays of ``torch`` or ``jax`` meanwhile.

    Parameters
    ----------
    framework
        Its hooks are wrapped; other frameworks are left alone.

    Yields
    ------
    Ledger
        Filled while the block runs. Launches, reads and memory are those of Torch, programs and
        compile seconds those of JAX.
    """
    hooks, ledger = hooks_for(framework), Ledger()
    with ExitStack() as stack:
        for name, wrapped in (("to_host", _fetching), ("upload", _sending), ("jit", _compiling)):
            stack.enter_context(replaced(hooks, name, wrapped(ledger, _body(hooks, name))))
        if framework == "torch":
            from .torch_counting import operations

            stack.enter_context(operations(ledger))
        if framework == "jax":
            from .jax_counting import programs

            stack.enter_context(programs(ledger))
        yield ledger


@contextmanager
def replaced(hooks: Any, name: str, function: Callable[..., Any] | None) -> Iterator[None]:
    """A hook of a framework replaced for a while; by None, it has none."""
    with patch.object(hooks, name, function, create=True):
        _dispatch._NATIVE.clear()
        try:
            yield
        finally:
            _dispatch._NATIVE.clear()
    _dispatch._NATIVE.clear()


def _body(hooks: Any, name: str) -> Callable[..., Any]:
    """The hook called `name`, or the generic body that a framework without one runs."""
    return getattr(hooks, name, None) or _dispatch.PRIMITIVES[name].__wrapped__  # type: ignore[attr-defined]


def _size(x: Array) -> int:
    return int(x.nbytes)


def _fetching(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    def to_host(x: Array, /, **options: Any) -> Any:
        ledger.now.downloads += 1
        ledger.now.downloaded += _size(x)
        return body(x, **options)

    return to_host


def _sending(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    def upload(host: Any, /, **options: Any) -> Array:
        sent = body(host, **options)
        ledger.now.uploads += 1
        ledger.now.uploaded += _size(sent)
        return sent

    return upload


def _compiling(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    """`jit` whose functions are one launch each, whatever they do inside."""

    def jit(fn: Callable[..., Any], /, **options: Any) -> Callable[..., Any]:
        compiled = body(fn, **options)
        if compiled is fn:  # the framework does not compile
            return fn

        def call(*args: Any, **kwargs: Any) -> Any:
            ledger.now.launches += not ledger.inside
            ledger.inside += 1
            try:
                return compiled(*args, **kwargs)
            finally:
                ledger.inside -= 1

        return call

    return jit
