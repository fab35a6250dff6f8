"""A wrong formula: the smallest change that mends it, the mistake that gives it; brackets that do not match."""

from __future__ import annotations
