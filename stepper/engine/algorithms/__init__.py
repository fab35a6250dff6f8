"""Small algorithms: runs of their rows on data, worked entry by entry."""
