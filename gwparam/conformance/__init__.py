"""Archived states through the compiled library, compared with what is known."""
