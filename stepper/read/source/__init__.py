"""Source of models, read by following it: an interpreter of a part of Python whose tensors have shapes and no numbers.

Nothing of the source runs in Python: it is parsed, and each kind of statement and expression is worked out here.
"""
