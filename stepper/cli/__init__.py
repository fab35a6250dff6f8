"""Reads argv and files, calls one engine function and one renderer, writes, exits."""
