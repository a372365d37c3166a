"""The least a function with Firestore can be: it imports the client library and answers."""

import flask
from google.cloud import firestore

_CLIENT = firestore.Client


def bare_firestore(request: flask.Request) -> flask.Response:
    """Answer 200."""
    return flask.Response(f"{_CLIENT.__name__} {request.method}", 200)
