"""Count the operations that Torch dispatches and the memory of their results."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .ledger import Ledger

FREE = {
    *("aten::empty", "aten::empty_strided", "aten::empty_like", "aten::new_empty"),
    *("aten::detach", "aten::lift_fresh", "aten::_unsafe_view", "aten::_reshape_alias"),
    "aten::_local_scalar_dense",
}
"""Operations other than views that launch no kernel."""

WAITING = {
    *("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2"),
    *("aten::equal", "aten::is_nonzero"),
}
"""Operations that block the host until their result is known."""


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]  # Torch has no type there
    """Counts every operation in a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ledger = ledger
        self.held: dict[int, int] = {}
        """Number of live tensors by address of their memory."""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        found = function(*args, **(kwargs or {}))
        name = function._schema.name
        if name in WAITING:
            self.ledger.now.reads += 1
        if name not in FREE and not _is_view(function):
            self.ledger.compute()
        for each in found if isinstance(found, (tuple, list)) else (found,):
            if isinstance(each, Tensor):
                self.hold(each)
        return found

    def hold(self, x: Tensor) -> None:
        """Count the memory of a tensor until the last tensor that shares it is deleted."""
        memory = x.untyped_storage()
        place, size = memory.data_ptr(), memory.nbytes()
        if not place:
            return
        if not self.held.get(place):
            self.ledger.hold(size)
        self.held[place] = self.held.get(place, 0) + 1
        weakref.finalize(x, self._release, place, size).atexit = False

    def _release(self, place: int, size: int) -> None:
        self.held[place] -= 1
        if not self.held[place]:
            del self.held[place]
            self.ledger.hold(-size)


def _is_view(function: Any) -> bool:
    """Whether an operation returns a view of its argument."""
    returns = function._schema.returns
    return any(r.alias_info is not None and not r.alias_info.is_write for r in returns)


@contextmanager
def operations(ledger: Ledger) -> Iterator[None]:
    """Count the operations inside a block."""
    with Operations(ledger):
        yield
