"""Costs of work on a device: launches, reads, transfers, programs and memory, by stage."""

from dataclasses import dataclass, field


@dataclass
class Counts:
    """Costs of one stage or of a whole workload.

    Attributes
    ----------
    kernels
        Operations that compute, including those inside compiled functions; views and allocations
        are not counted.
    launches
        Operations outside compiled functions, and calls of compiled functions: commands that the
        host sends.
    reads
        Values that the host reads implicitly (``bool``, ``item``, ``nonzero``); each read blocks.
    downloads, downloaded
        Results that the host fetches, and their bytes; each download blocks.
    uploads, uploaded
        Arrays that the host sends, and their bytes.
    programs, compile_seconds
        Number of compiled functions, and the time to compile them.
    peak
        Largest number of bytes held by results of operations; 0 if it cannot be counted.
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
        """Number of times that the host waits for the device."""
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
        Costs by name of the stage.
    stage
        Name of the current stage.
    inside
        Nesting depth of compiled functions.
    live
        Bytes held by results of operations at present.
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
        """Begin a stage; the signature is that of the `progress` argument of pipelines."""
        self.stage = stage

    def compute(self) -> None:
        """Count one operation."""
        self.now.kernels += 1
        self.now.launches += not self.inside

    def hold(self, size: int) -> None:
        """Add to the memory that is held; a negative size releases memory."""
        self.live += size
        self.now.peak = max(self.now.peak, self.live)
