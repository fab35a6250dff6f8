"""stepper shows its work: deep-learning computations, explained step by step."""

__version__ = "0.1.0"
