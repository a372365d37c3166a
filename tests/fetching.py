"""Fetching from a `file_server`, and what comes of it."""

import pytest

from functions.channels.attachment_addresses import Network
from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from functions.handoff.interfaces import File
from tests.file_server import FileServer

MAX = 100_000


def fetcher(server: FileServer, network: Network | None = None) -> AttachmentFetcher:
    return AttachmentFetcher(["storage.googleapis.com", server.authority], MAX, network=network)


def fetch(server: FileServer, url: str, timeout_s: float = 10.0, name: str = "", mime_type: str = "") -> File:
    return fetcher(server).fetch(Media(url, name, mime_type), timeout_s=timeout_s)


def refusal(server: FileServer, url: str, name: str = "", mime_type: str = "") -> str:
    with pytest.raises(FileRefused) as caught:
        fetch(server, url, name=name, mime_type=mime_type)
    return caught.value.reason


def failure(server: FileServer, url: str, timeout_s: float = 10.0) -> ProviderUnavailable:
    with pytest.raises(ProviderUnavailable) as caught:
        fetch(server, url, timeout_s)
    return caught.value
