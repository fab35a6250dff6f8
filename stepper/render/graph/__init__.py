"""Drawings of graphs: where boxes and lines stand, and how each way of drawing sets them."""
