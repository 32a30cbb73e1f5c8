"""How many connections are let in, and which goes for a new one: the oldest that waits, and only where one waits."""

import asyncio

import pytest

from fedcoop.config import Networks, ServerConfig
from fedcoop.listening import connections
from fedcoop.listening.connections import LOOKS, TELL_EVERY_S, Connections
from tests.unit.listening.door import GET, on_both_loops, serving

HELD = b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n"


class Made:
    """A connection of the book alone."""

    def __init__(self, *, is_waiting: bool = True, is_stalled: bool = False) -> None:
        self.is_waiting = is_waiting
        self.is_stalled = is_stalled
        self.dropped = 0

    def drop(self) -> None:
        self.dropped += 1


def book(*, total: int = 100, per_address: int = 100) -> Connections:
    return Connections(ServerConfig(connections_per_address=per_address, trusted_proxies=Networks()), total)


@on_both_loops
async def test_at_the_cap_of_an_address_its_oldest_idle_connection_makes_room_for_its_new_one() -> None:
    async with serving(connections_per_address=3) as served:
        other = await served.connect("127.0.0.3")
        assert await other.ask() == 200
        clients = [await served.connect("127.0.0.2") for _ in range(3)]
        assert [await client.ask() for client in clients] == [200, 200, 200]
        fourth = await served.connect("127.0.0.2")
        assert await fourth.ask() == 200
        assert await clients[0].is_closed()
        assert [await client.ask() for client in (clients[1], clients[2], other)] == [200, 200, 200]
        assert (len(served.book), served.book.closed, served.book.refused) == (4, {"address": 1}, {})


@on_both_loops
async def test_half_open_connections_make_room_too() -> None:
    async with serving(total=3) as served:
        silent, partial, third = [await served.connect() for _ in range(3)]
        partial.writer.write(GET[:10])
        assert await third.ask() == 200
        clients = [await served.connect("127.0.0.2") for _ in range(2)]
        assert [await client.ask() for client in clients] == [200, 200]
        assert await silent.is_closed()
        assert await partial.is_closed()
        assert await third.ask() == 200
        assert served.book.closed == {"total": 2}


@on_both_loops
async def test_where_all_are_being_answered_the_new_one_is_told_to_come_back_and_later_let_in() -> None:
    async with serving(total=2) as served:
        clients = [await served.connect() for _ in range(2)]
        for client in clients:
            client.writer.write(HELD)
        while any(connection.is_waiting for connection in served.book._all):
            await asyncio.sleep(0)
        third = await served.connect()
        assert await third.ask() == 503
        assert (third.headers["Retry-After"], third.headers["Connection"]) == ("10", "close")
        assert third.headers["X-Content-Type-Options"] == "nosniff"
        assert third.body == b'{"error":"too-many-connections"}'
        assert await third.is_closed()
        silent = await served.connect()
        assert await silent.is_closed()
        served.release.set()
        assert [await client.answer() for client in clients] == [200, 200]
        fourth = await served.connect()
        assert await fourth.ask() == 200
        assert (served.book.refused, len(served.book)) == ({"total": 2}, 2)


@on_both_loops
async def test_who_keeps_us_waiting_makes_room_where_nobody_idles() -> None:
    async with serving(total=3) as served:
        busy, unread, trickling = [await served.connect(buffer=4096) for _ in range(3)]
        busy.writer.write(HELD)
        unread.writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        trickling.writer.write(b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        while [connection.is_stalled for connection in served.book._all] != [False, True, True]:
            await asyncio.sleep(0)
        for _ in range(2):
            fourth = await served.connect()
            fourth.writer.write(HELD)
            while any(connection.is_waiting for connection in served.book._all):
                await asyncio.sleep(0)
        assert await trickling.is_closed()
        fifth = await served.connect()
        assert await fifth.ask() == 503
        served.release.set()
        assert [await client.answer() for client in (busy, fourth)] == [200, 200]
        assert (served.book.closed, served.book.refused) == ({"total": 2}, {"total": 1})


@on_both_loops
async def test_a_trusted_proxy_holds_as_many_as_it_likes_within_the_total() -> None:
    async with serving(total=6, connections_per_address=2) as served:
        clients = [await served.connect("127.0.0.99") for _ in range(6)]
        assert [await client.ask() for client in clients] == [200] * 6
        assert served.book.closed == {}
        seventh = await served.connect("127.0.0.99")
        assert await seventh.ask() == 200
        assert await clients[0].is_closed()
        assert served.book.closed == {"total": 1}


@on_both_loops
async def test_who_leaves_makes_room() -> None:
    async with serving(connections_per_address=1) as served:
        first = await served.connect()
        assert await first.ask() == 200
        first.close()
        while len(served.book):
            await asyncio.sleep(0)
        assert await (await served.connect()).ask() == 200
        assert served.book.closed == {}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_an_address_is_an_ipv4_address_or_a_64_of_ipv6(one: str, other: str, is_same: bool) -> None:
    listed, first = book(per_address=1), Made()
    assert listed.admit(first, one, 0.0)
    assert listed.admit(Made(), other, 0.0)
    assert first.dropped == is_same
    assert len(listed) == (1 if is_same else 2)


def test_letting_one_in_looks_at_a_bounded_number_and_not_at_the_same_ones_again() -> None:
    listed = book(total=2 * LOOKS, per_address=2 * LOOKS)
    busy = [Made(is_waiting=False) for _ in range(2 * LOOKS - 1)]
    waiting = Made()
    for one in (*busy[:LOOKS], waiting, *busy[LOOKS:]):
        assert listed.admit(one, "192.0.2.1", 0.0)
    assert not listed.admit(Made(), "192.0.2.2", 0.0)
    assert listed.admit(Made(), "192.0.2.2", 0.0)
    assert waiting.dropped == 1
    assert sum(one.dropped for one in busy) == 0


@on_both_loops
async def test_a_body_that_nobody_wants_keeps_nobody_out() -> None:
    async with serving(total=1) as served:
        lingering = await served.connect()
        assert await lingering.ask(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab") == 404
        second = await served.connect()
        assert await second.ask() == 200
        assert await lingering.is_closed()
        assert (served.book.closed, served.book.refused) == ({"total": 1}, {})


@on_both_loops
async def test_what_has_not_come_whole_is_bounded_in_all_and_the_oldest_of_it_goes(monkeypatch) -> None:
    monkeypatch.setattr(connections, "MAX_HELD", 400_000)
    post = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n"
    async with serving() as served:
        first, second, idle = [await served.connect() for _ in range(3)]
        assert await idle.ask() == 200
        assert await first.ask(post + bytes(300_000)) == 200
        for client, number, held in ((first, 290_000, 290_000), (second, 100_000, 390_000)):
            client.writer.write(post + bytes(number))
            while served.book._held < held:
                await asyncio.sleep(0)
        second.writer.write(bytes(100_000))
        assert await first.is_closed()
        second.writer.write(bytes(100_000))
        assert await second.answer() == 200
        assert await idle.ask() == 200
        assert (served.book.closed, served.book._held) == ({"memory": 1}, 0)


@on_both_loops
async def test_a_head_in_pieces_is_no_longer_than_one_that_comes_at_once_may_be() -> None:
    async with serving() as served:
        long, short = await served.connect(), await served.connect()
        for client, lines in ((long, 40), (short, 20)):
            client.writer.write(GET[:-2])
            for _ in range(lines):
                if not client.writer.is_closing():
                    client.writer.write(b"X: " + b"x" * 1000 + b"\r\n")
                await asyncio.sleep(0.001)
        assert await short.ask(b"\r\n") == 200
        assert await long.is_closed()
        assert (served.book.closed, served.book._held) == ({"large": 1}, 0)


def test_one_that_stalls_goes_only_where_none_waits() -> None:
    listed = book(total=3)
    stalled, waiting, busy = Made(is_waiting=False, is_stalled=True), Made(), Made(is_waiting=False)
    for one in (stalled, waiting, busy):
        assert listed.admit(one, "192.0.2.1", 0.0)
    for expected in ([0, 1, 0], [1, 1, 0], [1, 1, 0]):
        listed.admit(Made(is_waiting=False), "192.0.2.2", 0.0)
        assert [one.dropped for one in (stalled, waiting, busy)] == expected
    assert listed.refused == {"total": 1}


def test_the_log_has_a_line_of_a_kind_in_ten_seconds_that_says_how_many(caplog) -> None:
    listed = book(total=1)
    for second in range(25):
        assert listed.admit(Made(), "192.0.2.1", second * TELL_EVERY_S / 10)
    assert [(r.message, r.because, r.number) for r in caplog.records] == [
        ("connections closed", "total", number) for number in (1, 10, 10)
    ]
