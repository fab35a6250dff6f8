"""Networks as plain NumPy scripts, and the same scripts with one line edited: they share nothing with stepper."""
