"""A derivation to text, one file a format. Pure: the same derivation and look always give the same string."""
