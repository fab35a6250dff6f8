"""What helps those who work on stepper; no part of it."""
