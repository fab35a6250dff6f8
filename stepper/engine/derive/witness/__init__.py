"""The witness: what formulas of derivations come to at random instances.

It knows no rule by which they are rewritten.
"""
