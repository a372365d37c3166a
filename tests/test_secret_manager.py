"""Secret Manager as the place of secrets, spoken to by Google's own client."""

import subprocess
import sys
import time
from collections.abc import Iterator

import grpc
import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.secret_manager import SecretManagerSource
from functions.runtime.secrets import Secrets, SecretsUnavailable, open_secrets
from tests.secret_manager_server import SecretManagerServer, secret_manager_server

_PATH = "projects/shop-dev/secrets/livechat-webhook-secret"
_NAME = "livechat-webhook-secret"


@pytest.fixture(scope="module")
def running() -> Iterator[SecretManagerServer]:
    with secret_manager_server() as server:
        yield server


@pytest.fixture
def server(running: SecretManagerServer) -> SecretManagerServer:
    running.versions = {_PATH: [b"current\n"]}
    running.failures.clear()
    running.slow_s = 0.0
    running.calls.clear()
    return running


@pytest.fixture
def remote(server: SecretManagerServer) -> Secrets:
    return open_secrets("secret-manager", "shop-dev", make_client=server.client)


def test_googles_client_is_neither_imported_nor_made_before_the_first_use() -> None:
    code = (
        "import sys; from functions.runtime.secrets import open_secrets; open_secrets('secret-manager', 'shop-dev');"
        "sys.exit('google.cloud.secretmanager' in sys.modules or 'grpc' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_secret_manager_answers_the_latest_version(remote: Secrets, server: SecretManagerServer) -> None:
    value = remote.get(_NAME)

    assert (value, server.calls) == ("current", [f"access {_PATH}/versions/latest"])


def test_secret_manager_takes_a_new_version(remote: Secrets, server: SecretManagerServer) -> None:
    remote.add_version(_NAME, "next")

    assert server.versions[_PATH] == [b"current\n", b"next"]
    assert (remote.get(_NAME), remote.get_fresh(_NAME)) == ("next", "next")


@pytest.mark.parametrize("code", [grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED])
def test_a_secret_absent_or_closed_to_us_is_missing(
    remote: Secrets, server: SecretManagerServer, code: grpc.StatusCode
) -> None:
    server.failures += [code, code]

    assert remote.find(_NAME) is None
    with pytest.raises(ConfigError, match=_NAME):
        remote.get(_NAME)


def test_a_disabled_version_is_told_apart(remote: Secrets, server: SecretManagerServer) -> None:
    server.failures.append(grpc.StatusCode.FAILED_PRECONDITION)

    with pytest.raises(ConfigError, match=f"{_NAME}: its latest version is disabled"):
        remote.get(_NAME)


def test_a_new_version_of_a_secret_that_does_not_exist_is_refused(remote: Secrets) -> None:
    with pytest.raises(ConfigError, match="livechat-oauth does not exist"):
        remote.add_version("livechat-oauth", "{}")


def test_a_value_that_is_no_text_is_refused(remote: Secrets, server: SecretManagerServer) -> None:
    server.versions[_PATH] = [b"\xff\xfe"]

    with pytest.raises(ConfigError, match=f"{_NAME} is not UTF-8"):
        remote.get(_NAME)


def test_a_passing_failure_is_tried_again_well_before_google_would(
    remote: Secrets, server: SecretManagerServer
) -> None:
    server.failures += [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL]
    started = time.monotonic()

    value = remote.get(_NAME)

    assert (value, len(server.calls)) == ("current", 3)
    assert time.monotonic() - started < 1.5


def test_a_secret_manager_that_does_not_answer_in_time_is_unavailable(server: SecretManagerServer) -> None:
    server.slow_s = 0.5
    source = SecretManagerSource("shop-dev", server.client, call_timeout_s=0.1, all_tries_s=0.1)
    started = time.monotonic()

    with pytest.raises(SecretsUnavailable, match=_NAME):
        source.read(_NAME)
    assert time.monotonic() - started < 0.45


def test_a_secret_manager_out_of_reach_is_unavailable() -> None:
    nobody = SecretManagerServer()
    nobody.target = "127.0.0.1:1"
    source = SecretManagerSource("shop-dev", nobody.client, call_timeout_s=0.2, all_tries_s=0.1)

    with pytest.raises(SecretsUnavailable):
        source.read(_NAME)
