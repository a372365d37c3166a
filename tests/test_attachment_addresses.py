"""Which addresses are the open internet: no other, and none that stands for another."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels.attachment_addresses import is_public, look_up


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "142.250.185.91", "199.36.153.8", "223.255.255.255", "2a00:1450:4001:830::201b", "2600::1"]
)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_public_v4_address_is_global_in_python_s_eyes_too(address: IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert [address.is_multicast, address.is_reserved, address.is_private] == [False] * 3


@given(st.ip_addresses(v=6))
def test_a_public_v6_address_is_global_and_holds_no_other(address: IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert [address.is_multicast, address.is_reserved, address.is_site_local] == [False] * 3
        assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@given(st.ip_addresses(v=4), st.sampled_from(["::{}", "::ffff:{}", "64:ff9b::{}", "2002:{}:{}::", "2001:0:{}:{}::"]))
def test_a_v4_address_inside_a_v6_one_is_never_public(inner: IPv4Address, form: str) -> None:
    high, low = f"{int(inner) >> 16:x}", f"{int(inner) & 0xFFFF:x}"
    text = form.format(high, low) if form.count("{}") == 2 else form.format(f"{high}:{low}")

    assert not is_public(ip_address(text))


def test_a_name_is_looked_up_by_the_system() -> None:
    assert set(look_up("localhost", 443)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("name", ["a" * 70 + ".example", "a..example"])
def test_a_name_that_is_none_is_an_error_of_the_network(name: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 – any of its kinds
        look_up(name, 443)
