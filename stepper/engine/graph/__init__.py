"""Graphs of numbers: forward, backward, the chain rule, and the checks of what came out."""
