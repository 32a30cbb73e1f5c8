"""Log lines: both formats, the ids at hand, and no secrets."""

import io
import json
import logging

import pytest

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
