"""Derivations with matrices: shapes by letters, products in their order, differentials, collecting."""
