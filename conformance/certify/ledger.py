"""Costs of work on a device: launches, reads, transfers, programs and memory, by stage."""

from dataclasses import dataclass, field


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
