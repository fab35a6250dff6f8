"""What a script does, written out: its values, its expressions, its statements."""
