"""Runs of optimizers: one step, many steps, and what is seen of their end."""
