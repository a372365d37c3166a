"""Fetching over https: from the server that owns the name, at the very address that was checked, and from no other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from functions.channels.attachment_addresses import Network
from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from functions.handoff.interfaces import File
from tests.certificates import Authority
from tests.file_server import (
    PNG,
    FileServer,
    Wires,
    drips,
    file,
    file_server,
    head,
    redirects,
    sends,
    then_closes,
    then_cuts,
)

HOST = "storage.googleapis.com"
PUBLIC = "142.250.185.91"
URL = f"https://{HOST}/bucket/a.png?X-Goog-Signature=00"

Opens = Callable[..., tuple[FileServer, Wires]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def opens(authority: Authority) -> Iterator[Opens]:
    """Opens a server with a certificate for a name, and wires that lead to it."""
    with ExitStack() as stack:

        def open_server(
            name: str = HOST, addresses: Sequence[str] = (PUBLIC,), age_days: int = 1
        ) -> tuple[FileServer, Wires]:
            server = stack.enter_context(file_server(authority.serves(name, age_days=age_days)))
            server.on("/bucket/a.png", file(PNG, "image/png"))
            return server, Wires(server.port, {HOST: addresses})

        yield open_server


def fetch(wires: Wires, ca_file: str, url: str = URL, timeout_s: float = 10.0) -> File:
    files = AttachmentFetcher([HOST], 1000, network=wires.network(ca_file))
    return files.fetch(Media(url), timeout_s=timeout_s)


def trouble(wires: Wires, ca_file: str, timeout_s: float = 10.0) -> str:
    with pytest.raises(ProviderUnavailable) as caught:
        fetch(wires, ca_file, timeout_s=timeout_s)
    return caught.value.error_type


def test_a_file_comes_from_the_checked_address_of_the_name(opens: Opens, authority: Authority) -> None:
    server, wires = opens()

    found = fetch(wires, authority.file)

    assert found == File("a.png", "image/png", PNG)
    assert (wires.resolved, wires.connected) == ([HOST], [(PUBLIC, 443)])
    assert server.asked[0][1]["host"] == HOST  # signed along with the URL: without a port


def test_files_one_after_the_other_use_one_connection(opens: Opens, authority: Authority) -> None:
    server, wires = opens()
    files = AttachmentFetcher([HOST], 1000, network=wires.network(authority.file))

    for _ in range(3):
        files.fetch(Media(URL), timeout_s=10)

    assert (len(server.asked), wires.connected) == (3, [(PUBLIC, 443)])


def test_the_port_of_https_may_be_written(opens: Opens, authority: Authority) -> None:
    _, wires = opens()

    assert fetch(wires, authority.file, f"HTTPS://{HOST.upper()}:443/bucket/a.png").content == PNG


def test_a_server_with_another_name_is_not_asked(opens: Opens, authority: Authority) -> None:
    server, wires = opens(name="shop.example")

    assert trouble(wires, authority.file) == "certificate"
    assert server.asked == []


def test_a_server_of_an_unknown_authority_is_not_asked(opens: Opens) -> None:
    server, wires = opens()

    assert trouble(wires, "") == "certificate"
    assert server.asked == []


def test_a_server_with_a_certificate_that_is_over_is_not_asked(opens: Opens, authority: Authority) -> None:
    server, wires = opens(age_days=31)

    assert trouble(wires, authority.file) == "certificate"
    assert server.asked == []


def test_a_server_that_does_not_speak_tls_is_no_answer(authority: Authority) -> None:
    with file_server() as server:
        server.greeting = sends(head(400))

        assert trouble(Wires(server.port, {HOST: [PUBLIC]}), authority.file) == "connection"


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x03\x3f\xff"], ids=["silence", "drops"])
def test_a_handshake_that_does_not_end_is_cut_at_the_deadline(authority: Authority, hello: bytes) -> None:
    with file_server() as server:
        server.greeting = drips(hello, b"\x02" if hello else b"")

        assert trouble(Wires(server.port, {HOST: [PUBLIC]}), authority.file, timeout_s=0.3) == "timeout"


@pytest.mark.parametrize(("ending", "is_whole"), [(then_closes, True), (then_cuts, False)])
def test_a_body_without_a_length_is_whole_when_its_end_is_signed(
    opens: Opens, authority: Authority, ending: Callable[[bytes], object], is_whole: bool
) -> None:
    server, wires = opens()
    server.on("/bucket/a.png", ending(head(200, "Content-Type: image/png") + PNG))  # type: ignore[arg-type]

    if is_whole:
        assert fetch(wires, authority.file).content == PNG
    else:
        assert trouble(wires, authority.file) == "connection"


@pytest.mark.parametrize("location", [f"http://{HOST}/bucket/a.png", "https://10.0.0.1/", "http://127.0.0.1:80/"])
def test_https_is_not_left(opens: Opens, authority: Authority, location: str) -> None:
    server, wires = opens()
    server.on("/bucket/a.png", redirects(location))

    with pytest.raises(FileRefused, match="not_allowed"):
        fetch(wires, authority.file)

    assert wires.connected == [(PUBLIC, 443)]


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        [PUBLIC, "10.0.0.1"],
        ["::ffff:10.0.0.1", PUBLIC],
        ["no address"],
        ["0177.0.0.1"],
    ],
)
def test_a_name_that_leads_inside_is_refused_before_connecting(opens: Opens, addresses: list[str]) -> None:
    _, wires = opens(addresses=addresses)

    with pytest.raises(FileRefused, match="not_allowed"):
        fetch(wires, "")

    assert wires.connected == []


@pytest.mark.parametrize("address", [PUBLIC, "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_stand_in_that_is_not_on_this_machine_is_refused_before_connecting(address: str) -> None:
    wires = Wires(1, {"localhost": [address]})
    files = AttachmentFetcher(["localhost:8091"], 1000, network=wires.network())

    with pytest.raises(FileRefused, match="not_allowed"):
        files.fetch(Media("http://localhost:8091/a.png"), timeout_s=10)

    assert wires.connected == []


def test_a_name_that_changes_its_address_is_checked_for_each_connection(opens: Opens, authority: Authority) -> None:
    server, wires = opens()
    server.on("/bucket/a.png", then_closes(head(200, "Content-Type: image/png", "Content-Length: 64") + PNG))
    addresses = iter([[PUBLIC], ["127.0.0.1"]])
    network = Network(lambda _host, _port: next(addresses), wires.connect, authority.file)
    files = AttachmentFetcher([HOST], 1000, network=network)

    first = files.fetch(Media(URL), timeout_s=10)
    with pytest.raises(FileRefused, match="not_allowed"):
        files.fetch(Media(URL), timeout_s=10)

    assert (first.content, wires.connected) == (PNG, [(PUBLIC, 443)])


def test_the_next_address_is_tried_when_one_does_not_answer(opens: Opens, authority: Authority) -> None:
    _, wires = opens(addresses=["2a00:1450:4001:830::201b", PUBLIC])

    def connect(address: str, port: int, timeout_s: float) -> object:
        if ":" in address:
            raise OSError(101, "Network is unreachable")
        return wires.connect(address, port, timeout_s)

    files = AttachmentFetcher([HOST], 1000, network=Network(wires.resolve, connect, authority.file))  # type: ignore[arg-type]

    assert files.fetch(Media(URL), timeout_s=10).content == PNG


@pytest.mark.parametrize("addresses", [[], ["2a00:1450:4001:830::201b"]])
def test_a_name_without_an_address_that_answers_is_asked_again_later(addresses: list[str]) -> None:
    def connect(address: str, port: int, timeout_s: float) -> object:
        raise ConnectionRefusedError

    files = AttachmentFetcher([HOST], 1000, network=Network(lambda _h, _p: addresses, connect))  # type: ignore[arg-type]

    with pytest.raises(ProviderUnavailable, match="connection"):
        files.fetch(Media(URL), timeout_s=10)


def test_the_addresses_of_this_machine_s_own_name_are_refused_by_default() -> None:
    files = AttachmentFetcher(["localhost"], 1000)

    with pytest.raises(FileRefused, match="not_allowed"):
        files.fetch(Media("https://localhost/a.png"), timeout_s=10)
