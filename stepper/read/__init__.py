"""Text to nouns: documents, names of bundled exams. Safe reading only."""
