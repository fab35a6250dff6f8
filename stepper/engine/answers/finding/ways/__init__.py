"""The ways in which a line is changed on purpose; they know formulas, and nothing of what these stand for."""
