"""Stand-in of the Google Cloud APIs that a deployment calls: one project, on loopback, for the real gcloud.

Requests are held against Google's discovery documents: an unknown path, parameter or field, a wrong type or enum value
is refused in Google's shape. Where neither those documents nor `reference/google-cloud.md` say what happens, the module
that answers says so in its first lines.
"""
