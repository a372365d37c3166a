"""Google's certificates: asked for seldom, whatever comes, and good for a while without Google."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.dialogflow.identity_certificates import Certificates
from functions.handoff.errors import ProviderUnavailable
from functions.runtime.http_client import HttpClient
from infra.sandbox.google_identity import GoogleIdentityStandIn
from infra.sandbox.standin import Fault

HOUR = 3600.0


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def google() -> Iterator[GoogleIdentityStandIn]:
    one = GoogleIdentityStandIn()
    one.max_age_s = int(HOUR)
    one.serve()
    yield one
    one.stop()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def certificates(google: GoogleIdentityStandIn, watch: Watch) -> Certificates:
    return Certificates(HttpClient(), google.certs_url, watch)


def asked(google: GoogleIdentityStandIn) -> int:
    return len(google.calls)


def test_they_are_fetched_once_for_as_long_as_google_says(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    key = google.rotate()

    found = [certificates.find(key) for _ in range(5)]
    watch.now += HOUR - 1
    found.append(certificates.find(key))

    assert 1 == asked(google)
    assert all(found)


def test_they_are_fetched_again_after_that(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    key = google.rotate()
    certificates.find(key)

    watch.now += HOUR + 1
    certificates.find(key)

    assert 2 == asked(google)


@pytest.mark.parametrize(("says", "kept_s"), [(10**9, 6 * HOUR), (0, 60.0)])
def test_what_google_says_is_bounded(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch, says: int, kept_s: float
) -> None:
    google.max_age_s = says
    key = google.rotate()
    certificates.find(key)

    watch.now += kept_s - 1
    certificates.find(key)
    before = asked(google)
    watch.now += 2
    certificates.find(key)

    assert (1, 2) == (before, asked(google))


def test_a_new_key_is_found_without_waiting(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    certificates.find(google.rotate())

    found = []
    for _ in range(3):
        found.append(certificates.find(google.rotate()))
        watch.now += 61

    assert all(found)


def test_a_flood_of_invented_keys_asks_google_once_a_minute(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    key = google.rotate()
    certificates.find(key)

    found = []
    for number in range(300):
        found.append(certificates.find(f"invented-{number}"))
        watch.now += 1

    assert 1 + 5 >= asked(google)
    assert not any(found)
    assert certificates.find(key)


def test_a_crowd_at_the_start_asks_once(google: GoogleIdentityStandIn, certificates: Certificates) -> None:
    key = google.rotate()
    google.faults = [Fault("certs", delay_s=0.2)]

    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(certificates.find, [key] * 16))

    assert all(found)
    assert 1 == asked(google)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("certs", status=503, body={}),
        Fault("certs", status=200, body={}),
        Fault("certs", status=200, body=[]),
        Fault("certs", status=200, body={"key": 1}),
        Fault("certs", status=200, body={"key": "rubbish"}),
        Fault("certs", cut=True),
    ],
    ids=lambda fault: f"{fault.status}-{fault.body}",
)
def test_while_google_is_away_old_ones_will_do_for_a_day_and_no_longer(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch, fault: Fault
) -> None:
    key = google.rotate()
    certificates.find(key)
    google.faults = [fault]

    watch.now += 20 * HOUR
    found = certificates.find(key)
    watch.now += 6 * HOUR

    assert found
    with pytest.raises(ProviderUnavailable):
        certificates.find(key)


def test_with_none_google_is_asked_every_few_seconds_at_most(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    key = google.rotate()
    google.faults = [Fault("certs", status=503, body={}, times=1)]

    for _ in range(10):
        with pytest.raises(ProviderUnavailable):
            certificates.find(key)
    before = asked(google)
    watch.now += 6

    assert certificates.find(key)
    assert (1, 2) == (before, asked(google))


def test_nobody_with_an_old_one_waits_for_google(
    google: GoogleIdentityStandIn, certificates: Certificates, watch: Watch
) -> None:
    key = google.rotate()
    certificates.find(key)
    watch.now += HOUR + 1
    google.faults = [Fault("certs", delay_s=1.0)]

    with ThreadPoolExecutor(1) as other:
        looking = other.submit(certificates.find, key)
        while asked(google) < 2:
            time.sleep(0.01)
        found = certificates.find(key)
        is_waited_for = looking.done()

    assert found
    assert not is_waited_for
    assert looking.result()
    assert 2 == asked(google)
