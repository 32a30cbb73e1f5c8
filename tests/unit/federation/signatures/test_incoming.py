"""What is let in, and what an attacker may try, in both forms; each refusal starts from a request that passes."""

from datetime import timedelta

import pytest

from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.kernel.errors import BadSignature, MalformedSignature
from tests.unit.federation.signatures.helpers import (
    FORMS,
    NOW,
    RSA_KEY_ID,
    changed,
    ed25519_key,
    get,
    post,
    refusal,
    rsa_key,
    signed,
    value,
    with_headers,
)


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
@pytest.mark.parametrize("message", [post(), post("/inbox?a=%20b&c"), get(), get("/x?page=1"), post(scheme="http")])
@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()])
def test_what_we_sign_we_let_in(form, message, key):
    got = with_headers(message, FORMS[form].sign(message, key=key, key_id=RSA_KEY_ID, now=NOW))
    claim = read_claim(got, NOW)
    assert (claim.scheme, claim.key_id, claim.signed_at) == (form, RSA_KEY_ID, NOW)
    assert check(claim, key.public())


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_a_key_of_the_other_type_bears_nothing_out(form):
    claim = read_claim(signed(form), NOW)
    assert check(claim, rsa_key().public())
    assert not check(claim, ed25519_key().public())


def test_a_key_id_may_hold_a_percent_sign():
    key_id = "https://union.example/actors/f%C3%A9d%s#main-key"
    for form in FORMS.values():
        got = with_headers(post(), form.sign(post(), key=rsa_key(), key_id=key_id, now=NOW))
        claim = read_claim(got, NOW)
        assert claim.key_id == key_id
        assert check(claim, rsa_key().public())


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_signing_refuses_to_write_what_could_be_read_as_more(form):
    for key_id in ('https://a.example/"', "https://a.example/\n"):
        with pytest.raises(ValueError, match="key id"):
            FORMS[form].sign(post(), key=rsa_key(), key_id=key_id, now=NOW)
    with pytest.raises(ValueError, match="line break"):
        FORMS[form].sign(post("/inbox\ndate: x"), key=rsa_key(), key_id=RSA_KEY_ID, now=NOW)


@pytest.mark.parametrize(
    "name", ["signature", "signature-input", "date", "digest", "content-digest", "host", "content-type"]
)
@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_a_header_that_counts_may_occur_but_once(form, name):
    message = signed(form)
    found = message.values(name) or ["x"]
    twice = ((name, found[0]),) * 2
    doubled = changed(message, headers=tuple(pair for pair in message.headers if pair[0] != name) + twice)
    assert refusal(doubled) == (MalformedSignature, "header-duplicate")


def test_without_a_signature_nobody_signed():
    assert refusal(post()) == (BadSignature, "signature-missing")
    in_authorization = with_headers(post(), {"Authorization": "Signature " + value(signed("cavage"), "signature")})
    assert refusal(in_authorization) == (BadSignature, "signature-missing")


def test_with_signature_input_there_is_no_way_back_to_cavage():
    message = with_headers(signed("cavage"), {"Signature-Input": "sig1=()"})
    assert refusal(message) == (MalformedSignature, "signature-unreadable")


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_the_window_of_time_is_an_hour_ahead_and_65_minutes_back(form):
    message = signed(form)
    for minutes in (-60, 65):
        read_claim(message, NOW + timedelta(minutes=minutes))
    for minutes, code in ((-60, "signature-early"), (65, "signature-stale")):
        late = timedelta(minutes=minutes) + timedelta(seconds=1 if minutes > 0 else -1)
        assert refusal(message, NOW + late) == (BadSignature, code)


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_the_body_is_what_was_signed(form):
    message = signed(form)
    name = "digest" if form == "cavage" else "content-digest"
    assert refusal(changed(message, body=message.body + b" ")) == (BadSignature, "digest-mismatch")
    without = changed(message, headers=tuple(pair for pair in message.headers if pair[0] != name))
    assert refusal(without) == (BadSignature, "header-missing")
    assert refusal(with_headers(message, {name: "SHA-512=AAAA"})) == (BadSignature, "digest-missing")


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_a_post_without_a_signed_digest_is_refused_even_if_it_is_empty(form):
    unsigned_body = changed(post(), body=None)
    got = with_headers(unsigned_body, FORMS[form].sign(unsigned_body, key=rsa_key(), key_id=RSA_KEY_ID, now=NOW))
    for body in (None, b"", b"{}"):
        assert refusal(changed(got, body=body)) == (BadSignature, "signature-coverage")


def test_a_get_with_a_body_needs_a_digest():
    assert refusal(changed(signed("cavage", get()), body=b"{}")) == (BadSignature, "signature-coverage")
    assert check(read_claim(changed(signed("cavage", get()), body=b""), NOW), rsa_key().public())


def test_a_request_to_another_instance_is_not_for_us():
    elsewhere = changed(post(), authority="other.example")
    captured = with_headers(elsewhere, cavage.sign(elsewhere, key=rsa_key(), key_id=RSA_KEY_ID, now=NOW))
    replayed = changed(with_headers(captured, {"Host": "other.example"}), authority="bread.example")
    assert refusal(replayed) == (BadSignature, "signature-host")
    rewritten = with_headers(replayed, {"Host": "bread.example"})
    assert not check(read_claim(rewritten, NOW), rsa_key().public())
    other_form = with_headers(elsewhere, rfc9421.sign(elsewhere, key=rsa_key(), key_id=RSA_KEY_ID, now=NOW))
    claim = read_claim(changed(other_form, authority="bread.example"), NOW)
    assert not check(claim, rsa_key().public())


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
@pytest.mark.parametrize("bad", ["a\nhost: bread.example", "a\rb", "a\0b", "é"])
def test_no_value_can_pose_as_another_line(form, bad):
    name = "content-type" if form == "cavage" else "content-digest"
    assert refusal(with_headers(signed(form), {name: bad}))[0] is MalformedSignature
    assert refusal(changed(signed(form), target=f"/{bad}"))[0] is MalformedSignature


@pytest.mark.parametrize(
    "key_id",
    [
        "acct:bob@bread.example",
        "http://union.example/#main-key",
        "ftp://union.example/",
        "https://",
        "https:///path",
        "https://union.example/ x",
        "https://union.example/<b>",
        "HTTPS://union.example/",
        "did:key:z6Mk",
        "main-key",
        "https://union.example/" + "a" * 2048,
    ],
)
@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_a_key_id_is_an_https_url(form, key_id):
    message = with_headers(post(), FORMS[form].sign(post(), key=rsa_key(), key_id=key_id, now=NOW))
    assert refusal(message) == (BadSignature, "key-id")


def test_a_key_id_on_http_counts_only_while_we_are_on_http_ourselves():
    key_id = "http://127.0.0.1:8001/actors/bread#main-key"
    for scheme, passes in (("http", True), ("https", False)):
        message = post(scheme=scheme)
        got = with_headers(message, cavage.sign(message, key=rsa_key(), key_id=key_id, now=NOW))
        if passes:
            assert check(read_claim(got, NOW), rsa_key().public())
        else:
            assert refusal(got) == (BadSignature, "key-id")
