"""Brings the bundle into a Google Cloud project, and takes it out again: `make deploy`, `make destroy`."""
