"""Checks a deployment from the operator's machine, without changing it: `make doctor`."""
