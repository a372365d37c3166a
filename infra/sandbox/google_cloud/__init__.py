"""Stand-in of the Google Cloud APIs that a deployment calls: one project, on loopback, for the real gcloud.

Requests are held against Google's discovery documents: an unknown path, parameter or field, a wrong type or enum value
is refused in Google's shape. Where those documents do not say what happens, the module that answers tells in its first
lines where it is from, or that it is not known.
"""
