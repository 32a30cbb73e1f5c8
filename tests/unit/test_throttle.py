"""Token buckets and who is behind a proxy."""

from ipaddress import ip_network

import pytest

from fedcoop.throttle import MINUTE_S, Throttle, client_address

PROXIES = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"), ip_network("::1/128"))


def allowed(throttle: Throttle, key: str, now: float, tries: int = 10_000) -> int:
    number = 0
    while number < tries and throttle.take(key, now) == 0.0:
        number += 1
    return number


def test_a_bucket_holds_a_quarter_of_a_minute():
    assert allowed(Throttle(1200), "a", 5.0) == 300


def test_a_bucket_for_votes_holds_a_whole_minute():
    throttle = Throttle(20, MINUTE_S)
    assert allowed(throttle, "a", 5.0) == 20
    assert throttle.take("a", 5.0) == pytest.approx(3.0)


def test_the_time_to_wait_is_exact_and_then_one_is_let_through():
    throttle = Throttle(60)
    assert allowed(throttle, "a", 0.0) == 15
    wait = throttle.take("a", 0.25)
    assert wait == pytest.approx(0.75)
    assert throttle.wait_s("a", 0.25) == pytest.approx(0.75)
    assert throttle.take("a", 0.25 + wait) == 0.0
    assert throttle.take("a", 0.25 + wait) > 0.0


def test_a_refusal_takes_nothing_and_a_rested_bucket_is_full_but_no_fuller():
    throttle = Throttle(60)
    allowed(throttle, "a", 0.0)
    for _ in range(50):
        throttle.take("a", 0.5)
    assert throttle.take("a", 1.0) == 0.0
    assert allowed(throttle, "a", 10_000.0) == 15


def test_keys_do_not_share_a_bucket():
    throttle = Throttle(60)
    allowed(throttle, "a", 0.0)
    assert throttle.take("b", 0.0) == 0.0


def test_a_slow_rate_lets_one_through():
    throttle = Throttle(1)
    assert allowed(throttle, "a", 0.0) == 1
    assert throttle.take("a", 60.0) == 0.0


def test_zero_is_off():
    throttle = Throttle(0)
    assert allowed(throttle, "a", 0.0, tries=5000) == 5000
    assert throttle.wait_s("a", 0.0) == 0.0
    assert len(throttle) == 0


def test_the_table_is_bounded_and_forgets_the_longest_unused():
    throttle = Throttle(1, max_keys=2)
    for key in ("a", "b", "a", "c"):
        throttle.take(key, 0.0)
    assert len(throttle) == 2
    assert throttle.take("a", 0.0) > 0.0
    assert throttle.take("b", 0.0) == 0.0


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.9.9.9", "10.9.9.9"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"),
        ("127.0.0.1", "[2001:db8:1:2:3::4]:4711", "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_proxy_of_ours(peer: str, forwarded: str, client: str):
    assert client_address(peer, forwarded, PROXIES) == client
