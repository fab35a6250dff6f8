"""Live modules of PyTorch, as a session of Python has them; PyTorch is imported by whoever made them, never here."""
