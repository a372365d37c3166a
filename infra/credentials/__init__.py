"""Puts credentials where the functions read them: `make secrets`, `make login`.

A value is taken from a prompt that shows nothing, a file or a pipe. It goes to Secret Manager through gcloud's stdin:
never into arguments, the environment, a file of ours, a log or what is printed.
"""
