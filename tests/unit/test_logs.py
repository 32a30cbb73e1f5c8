"""Log lines: both formats, the ids at hand, and no secrets."""

import io
import json
import logging

import pytest
from aiohttp.http_exceptions import LineTooLong

from fedcoop import logs


def line(style: str, message: str, *args: object, **fields: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(style))
    logger = logging.getLogger("fedcoop.test.lines")
    logger.handlers[:], logger.propagate = [], False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info(message, *args, extra=fields)
    return stream.getvalue()


def test_a_line_holds_its_fields_and_the_ids_at_hand():
    with logs.about(request="r1", activity="https://a.example/1"):
        entry = json.loads(line("json", "delivery settled", attempt=2))
    assert entry["event"] == "delivery settled"
    assert (entry["attempt"], entry["request_id"], entry["activity_id"]) == (2, "r1", "https://a.example/1")
    assert "request_id" not in json.loads(line("json", "delivery settled"))


@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_are_hidden_and_names_are_not(style: str):
    shown = line(
        style,
        "asked with Bearer hunter2",
        access_token="hunter2",
        password="hunter2",
        private_key_pem="hunter2",
        headers={"authorization": "Bearer hunter2"},
        database="postgresql://fedcoop:hunter2@host/db",
        reason="-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        key_id="https://coop.example/actors/alder#main-key",
    )
    assert "hunter2" not in shown
    assert "https://coop.example/actors/alder#main-key" in shown


@pytest.mark.parametrize(("error", "told"), [(LineTooLong(b"/", 8190, 9000), False), (ValueError("ours"), True)])
def test_a_trace_is_logged_of_our_own_faults_and_not_of_what_strangers_send(error: Exception, told: bool) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.set_up(stream=stream)
        logging.getLogger("aiohttp.server").error("Error handling request", exc_info=error)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert ("Error handling request" in stream.getvalue()) is told
