"""A document for each algorithm."""

from __future__ import annotations

from collections.abc import Mapping

BOXES = "{box: [[0, 0, 4, 4], [1, 0, 5, 4], [3, 3, 6, 6], [7, 1, 9, 2]], score: [0.6, 0.9, 0.8, 0.3]}"
SAMPLES: Mapping[str, str] = {
    "early stopping": "settings: {patience: 2}\ndata: {loss: [0.9, 0.7, 0.72, 0.69, 0.71, 0.7, 0.5]}",
    "reduce on plateau": "settings: {lr: 1/2, factor: 1/2, patience: 1}\ndata: {loss: [3, 2, 2, 2, 5, 2, 1]}",
    "non-maximum suppression": f"settings: {{threshold: 0.4}}\ndata: {BOXES}",
    "stratified split": "settings: {share: 2/3}\ndata: {count: [10, 5, 4, 4]}",
    "counting sums": "settings: {smallest: 1, largest: 6}",
    "remapping labels": "settings: {classes: 3}\ndata: {label: [3, 1, 2, 3, 7]}",
    "precision and recall": "data: {tp: [8, 5, 3], fp: [2, 1, 3], fn: [1, 4, 1]}",
    "k-fold split": "settings: {samples: 11, k: 4}",
}


def sample(name: str) -> str:
    return f"algorithm: {name}\n{SAMPLES[name]}\n"
