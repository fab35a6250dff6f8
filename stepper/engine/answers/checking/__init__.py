"""What somebody wrote, judged: right or wrong, where it went wrong first, and which mistake gives the number."""
