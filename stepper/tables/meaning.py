"""What arguments of losses mean and what functions give, in words, and which of them do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Meaning: TypeAlias = Literal["logit", "logits", "probability", "distribution", "log-distribution", "signed"]

WORDS: Mapping[Meaning, str] = {
    "logit": "a logit", "logits": "logits", "probability": "a probability from 0 to 1",
    "distribution": "probabilities that sum to 1", "log-distribution": "the logarithms of probabilities",
    "signed": "-1 or 1",
}  # fmt: skip

UNFIT: Mapping[Meaning, tuple[Meaning, ...]] = {
    "logit": ("probability", "distribution"), "logits": ("probability", "distribution"),
    "probability": ("log-distribution",), "distribution": ("log-distribution",),
    "log-distribution": ("probability", "distribution"),
}  # fmt: skip
"""By what an argument is taken for, what it must not be.

Logarithms of probabilities may stand for logits: softmax gives the same.
"""
