"""Count the programs that JAX compiles, by its monitoring events."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import jax

from .ledger import Ledger

COMPILED = "/jax/core/compile/backend_compile_duration"

_ledgers: list[Ledger] = []


@cache
def _listen() -> None:
    """Register the listener once per process: JAX cannot unregister listeners."""
    jax.monitoring.register_event_duration_secs_listener(_book)


def _book(event: str, duration_secs: float, **_: str | int) -> None:
    if event == COMPILED:
        for ledger in _ledgers:
            ledger.now.programs += 1
            ledger.now.compile_seconds += duration_secs


@contextmanager
def programs(ledger: Ledger) -> Iterator[None]:
    """Count the programs compiled inside a block, which starts with empty caches."""
    _listen()
    jax.clear_caches()  # type: ignore[no-untyped-call]
    _ledgers.append(ledger)
    try:
        yield
    finally:
        _ledgers.remove(ledger)
