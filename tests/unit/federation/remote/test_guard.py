"""Every rule on URLs and addresses of federation.md 9, each beside what passes."""

from ipaddress import ip_network

import pytest

from fedcoop.federation.remote.guard import MAX_CACHED, AddressPolicy
from fedcoop.kernel.errors import PeerUnreachable

OWN = "https://alder.example"
STRICT = AddressPolicy(own_origin=OWN)
CLOSED = AddressPolicy(own_origin=OWN, allow_networks=[ip_network("127.0.0.0/8"), ip_network("fd00::/8")])
PLAIN = AddressPolicy(own_origin="http://localhost:1", allow_networks=[ip_network("127.0.0.0/8")], allow_http=True)


def refusal(policy: AddressPolicy, url: str) -> str:
    with pytest.raises(PeerUnreachable) as caught:
        policy.check_url(url)
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://birch.example/actor", "https://birch.example/actor"),
        ("https://birch.example", "https://birch.example/"),
        ("https://birch.example?a=b/c", "https://birch.example/?a=b/c"),
        ("https://birch.example/a?", "https://birch.example/a"),
        ("https://birch.example/a?b?", "https://birch.example/a?b?"),
        ("https://birch.example/actor#main-key", "https://birch.example/actor"),
        ("https://birch.example#main-key/x", "https://birch.example/"),
        ("HTTPS://Birch.Example:443/A?b=%2F", "https://birch.example/A?b=%2F"),
        ("https://birch.example./a", "https://birch.example/a"),
        ("https://birch.example:8443/a", "https://birch.example:8443/a"),
        ("https://birch.example:1024/a", "https://birch.example:1024/a"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://a_b.example/a", "https://a_b.example/a"),
        ("https://birch.example/a/../b", "https://birch.example/a/../b"),
    ],
)
def test_a_public_url_passes_in_one_spelling(url: str, normal: str):
    assert STRICT.check_url(url).url == normal
    assert STRICT.check_url(url).url == normal  # and again from the cache


@pytest.mark.parametrize(
    "url",
    [
        "http://birch.example/a",
        "ftp://birch.example/a",
        "file:///etc/passwd",
        "//birch.example/a",
        "birch.example/a",
        "",
        "https://",
        "https:///a",
        "https://user@birch.example/a",
        "https://user:secret@birch.example/a",
        "https://birch.example:22/a",
        "https://birch.example:80/a",
        "https://birch.example:0/a",
        "https://birch.example:65536/a",
        "https://birch.example:/a",
        "https://birch.example:8443x/a",
        "https://localhost/a",
        "https://localhost./a",
        "https://LOCALHOST/a",
        "https://ⓛocalhost/a",
        "https://db.localhost/a",
        "https://intranet/a",
        "https://printer.local/a",
        "https://vault.internal/a",
        "https://vault.internal./a",
        "https://abcdef.onion/a",
        "https://alder.example/a",
        "https://ALDER.example./a",
        "https://alder.example:8443/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://0x7f000001/a",
        "https://0177.0.0.1/a",
        "https://127.1/a",
        "https://birch.example\\@evil.example/a",
        "https://birch.example\\a",
        "https://birch.example /a",
        "https://birch.example/a b",
        "https://birch.example/a\r\nHost: evil",
        "https://birch.example/ü",
        "https://birch..example/a",
        "https://-birch.example/a",
        "https://birch%2eexample/a",
        "https://[fe80::1%25eth0]/a",
        "https://[127.0.0.1]/a",
        "https://birch.example/" + "a" * 2048,
    ],
)
def test_what_breaks_a_rule_on_names_is_refused(url: str):
    assert refusal(STRICT, url) == "url-refused"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "8.8.8.8",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "[::1]",
        "[2606:4700::1111]",
        "[::ffff:127.0.0.1]",
        "127.0.0.1.",
    ],
)
def test_ip_literals_are_refused_public_ones_too(host: str):
    assert refusal(STRICT, f"https://{host}/a") in ("address-refused", "url-refused")


def test_allowed_networks_let_literals_localhost_and_any_port_through():
    assert CLOSED.check_url("https://127.0.0.2:444/a").url == "https://127.0.0.2:444/a"
    assert CLOSED.check_url("https://①②⑦.0.0.1/a").url == "https://127.0.0.1/a"
    assert CLOSED.check_url("https://[fd00:0:0::1]:1/a").url == "https://[fd00::1]:1/a"
    assert CLOSED.check_url("https://localhost:8443/a").host == "localhost"
    assert refusal(CLOSED, "https://8.8.8.8/a") == "address-refused"
    assert refusal(CLOSED, "https://[::ffff:127.0.0.1]/a") == "address-refused"
    assert refusal(CLOSED, "https://printer.local/a") == "url-refused"
    assert refusal(CLOSED, "http://127.0.0.2/a") == "url-refused"


def test_within_allowed_networks_our_own_host_is_our_own_origin():
    assert CLOSED.check_url("https://alder.example:8443/a").port == 8443
    assert refusal(CLOSED, "https://alder.example:443/a") == "url-refused"
    assert PLAIN.check_url("http://localhost:2/a").url == "http://localhost:2/a"
    assert refusal(PLAIN, "http://localhost:1/a") == "url-refused"


def test_names_of_closed_networks_may_only_be_reached_there():
    CLOSED.check_resolved("birch.example", 443, "93.184.215.14")
    CLOSED.check_resolved("birch.example", 443, "127.0.0.1")
    for host, port in (("localhost", 443), ("alder.example", 8443), ("birch.example", 22)):
        CLOSED.check_resolved(host, port, "127.0.0.1")
        with pytest.raises(PeerUnreachable) as caught:
            CLOSED.check_resolved(host, port, "93.184.215.14")
        assert caught.value.code == "address-refused"


@pytest.mark.parametrize(
    ("url", "closed"),
    [
        ("https://birch.example/a", False),
        ("https://birch.example:443/a", False),
        ("https://birch.example:1024/a", False),
        ("https://birch.example:80/a", True),
        ("https://birch.example:22/a", True),
        ("https://birch.example:1/a", True),
        ("http://birch.example/a", True),
        ("http://birch.example:443/a", True),
        ("http://birch.example:8080/a", True),
        ("https://localhost/a", True),
        ("https://db.localhost:8443/a", True),
        ("https://intranet/a", True),
        ("https://127.0.0.2/a", True),
        ("https://[fd00::1]:8443/a", True),
        ("https://alder.example:8443/a", True),
    ],
)
def test_what_a_relaxation_let_through_may_be_reached_inside_the_allowed_networks_only(url: str, closed: bool):
    policy = AddressPolicy(
        own_origin=OWN, allow_networks=[ip_network("127.0.0.0/8"), ip_network("fd00::/8")], allow_http=True
    )
    found = policy.check_url(url)
    assert found.is_closed is closed
    for inside in ("127.0.0.1", "fd00::1"):
        policy.check_resolved(found.host, found.port, inside, found.is_closed)
        policy.check_address(inside, found.is_closed)
    checks = (lambda ip, c: policy.check_resolved(found.host, found.port, ip, c), policy.check_address)
    for public in ("93.184.215.14", "2606:4700:4700::1111"):
        for check in checks:
            if not closed:
                check(public, found.is_closed)
                continue
            with pytest.raises(PeerUnreachable) as caught:
                check(public, found.is_closed)
            assert caught.value.code == "address-refused"


def test_plain_http_without_an_allowed_network_leads_nowhere():
    policy = AddressPolicy(own_origin="http://alder.example", allow_http=True)
    found = policy.check_url("http://birch.example/a")
    for ip in ("93.184.215.14", "127.0.0.1"):
        with pytest.raises(PeerUnreachable):
            policy.check_resolved(found.host, found.port, ip, found.is_closed)
    policy.check_resolved("birch.example", 443, "93.184.215.14", policy.check_url("https://birch.example/a").is_closed)


def test_blocked_origins_are_refused_as_soon_as_they_are_blocked():
    blocked: set[str] = set()
    policy = AddressPolicy(own_origin=OWN, is_blocked=blocked.__contains__)
    assert policy.check_url("https://Birch.example./a").origin == "https://birch.example"
    blocked.add("https://birch.example")
    assert refusal(policy, "https://Birch.example./a") == "origin-blocked"
    assert policy.check_url("https://birch.example:8443/a").port == 8443


def test_the_cache_is_bounded():
    policy = AddressPolicy(own_origin=OWN)
    for number in range(MAX_CACHED + 5):
        policy.check_url(f"https://h{number}.example/a")
    assert len(policy._cache) == MAX_CACHED


@pytest.mark.parametrize(
    "ip", ["93.184.215.14", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::808:808"]
)
def test_public_addresses_pass(ip: str):
    STRICT.check_address(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.9",
        "192.0.0.10",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "233.252.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:1::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "birch.example",
        "",
        "127.1",
    ],
)
def test_addresses_that_are_not_public_are_refused(ip: str):
    with pytest.raises(PeerUnreachable) as caught:
        STRICT.check_address(ip)
    assert caught.value.code == "address-refused"


def test_an_allowed_network_opens_itself_and_nothing_else():
    CLOSED.check_address("127.0.0.1")
    CLOSED.check_address("fd00::1")
    for ip in ("10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "169.254.169.254"):
        with pytest.raises(PeerUnreachable):
            CLOSED.check_address(ip)
