"""Formulas and numbers: what a formula means, what it comes to, how it is differentiated, and whether two are equal."""
