"""``python -m stepper``."""

from stepper.cli.main import main

main()
