"""Versioned documents on Firestore or SQLite; both pass one contract suite (tests/test_storage.py)."""
