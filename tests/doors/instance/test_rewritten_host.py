"""A reverse proxy that rewrites Host makes every signature fail: the log says so, once."""

import logging

import pytest

from tests.doors.peer import AS2


async def test_a_rewritten_host_is_named_in_the_log_once(bread, peer, caplog: pytest.LogCaptureFixture):
    ana = peer.actor("ana")
    follow = {"@context": AS2, "id": f"{ana.uri}/act/1", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    sent = ana.cavage(bread.inbox, follow, bread.now)
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        assert await bread.post(sent.with_header("Host", "inner.example:8420")) == 401
    told = [line for line in caplog.records if "rewrites Host" in line.message]
    assert len(told) == 1
    caplog.clear()
    assert await bread.post(sent) == 202
    assert not [line for line in caplog.records if "rewrites Host" in line.message]
