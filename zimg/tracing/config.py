"""Options of automatic tracing: the record users edit, and how presets, levels and overrides combine."""

from dataclasses import dataclass


@dataclass
class TraceConfig:
    """Options of automatic tracing, with the compiled defaults of the reference.

    The shipped preset ``TRACE_CONFIG`` differs: `spTest` False, `recover` 1, `maxEucDist` 10.
    """

    minAutoScore: float = 0.3
    minManualScore: float = 0.3
    minSeedScore: float = 0.35
    min2dScore: float = 0.5
    refit: bool = False
    spTest: bool = True
    crossoverTest: bool = False
    tuneEnd: bool = True
    edgePath: bool = False
    enhanceMask: bool = False
    seedMethod: int = 1
    recover: int = 2
    chainScreenCount: int = 0
    maxEucDist: float = 20.0
