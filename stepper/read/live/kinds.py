"""What is PyTorch's: told by the names of classes, so that PyTorch is not imported for it."""

from __future__ import annotations

from typing import Any, Protocol


class Live(Protocol):
    """A live module."""

    def forward(self, *inputs: Any) -> Any:
        """What it does."""


def is_live(thing: object) -> bool:
    """Is it a live module of PyTorch's?"""
    return _made_from(thing, "torch.nn.modules.module", "Module")


def is_tensor(thing: object) -> bool:
    """Is it a tensor of PyTorch's?"""
    return _made_from(thing, "torch", "Tensor") or _made_from(thing, "torch._tensor", "Tensor")


def _made_from(thing: object, home: str, name: str) -> bool:
    return any(kind.__module__ == home and kind.__name__ == name for kind in type(thing).__mro__)
