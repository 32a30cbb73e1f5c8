"""Digests of bodies."""

import pytest

from fedcoop.federation.signatures.digests import check_digest, content_digest, digest
from fedcoop.kernel.errors import BadSignature, MalformedSignature

BODY = b'{"type":"Follow"}'
SHA256 = "GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="


def test_the_digests_of_federation_md_17():
    assert digest(BODY) == f"SHA-256={SHA256}"
    assert content_digest(BODY) == f"sha-256=:{SHA256}:"


GOOD = [
    ("digest", f"SHA-256={SHA256}"),
    ("digest", f"sha-256={SHA256}"),
    ("digest", f"Sha-256 = {SHA256} "),
    ("digest", f"MD5=AAAA,SHA-256={SHA256}, SHA-512=xx"),
    ("content-digest", f"sha-256=:{SHA256}:"),
    ("content-digest", f"sha-512=:AAAA:, sha-256=:{SHA256}:"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_right_digest_passes_and_any_other_body_does_not(name, value):
    check_digest(name, value, BODY)
    with pytest.raises(BadSignature) as caught:
        check_digest(name, value, BODY + b" ")
    assert caught.value.code == "digest-mismatch"


@pytest.mark.parametrize(
    ("name", "value", "error", "code"),
    [
        ("digest", "", BadSignature, "digest-missing"),
        ("digest", "MD5=AAAA", BadSignature, "digest-missing"),
        ("digest", "SHA-512=AAAA", BadSignature, "digest-missing"),
        ("digest", "SHA-256=AAAA", BadSignature, "digest-mismatch"),
        ("digest", "SHA-256=", BadSignature, "digest-mismatch"),
        ("digest", f"SHA-256={SHA256[:-1]}", MalformedSignature, "digest-unreadable"),
        ("digest", f"SHA-256=!{SHA256}", MalformedSignature, "digest-unreadable"),
        ("digest", f"SHA-256={SHA256}é", MalformedSignature, "digest-unreadable"),
        ("digest", f"SHA-256={SHA256},SHA-256={SHA256}", MalformedSignature, "digest-unreadable"),
        ("digest", f"SHA-256={SHA256}" + "," * 5000, MalformedSignature, "digest-unreadable"),
        ("digest", f"SHA-256=:{SHA256}:", MalformedSignature, "digest-unreadable"),
        ("content-digest", f"sha-256={SHA256}", MalformedSignature, "digest-unreadable"),
        ("content-digest", "sha-256=:", MalformedSignature, "digest-unreadable"),
        ("content-digest", "sha-512=:AAAA:", BadSignature, "digest-missing"),
    ],
)
def test_a_digest_that_is_wrong_or_unreadable_is_refused(name, value, error, code):
    with pytest.raises(error) as caught:
        check_digest(name, value, BODY)
    assert caught.value.code == code
