"""Composes documents as text: what is asked for in a few words, written out as a person would write it."""
