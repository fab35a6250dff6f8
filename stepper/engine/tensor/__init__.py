"""Graphs whose quantities are arrays."""
