"""What somebody wrote about a subject, read as people write it: claims, and pages of working."""

from stepper.read.working.names import Names
from stepper.read.working.page import read_claim, read_page

__all__ = ["Names", "read_claim", "read_page"]
