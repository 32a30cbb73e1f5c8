"""The form of draft-cavage: what it must cover, and what is no signature of that form."""

import hmac
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.kernel.errors import BadSignature, MalformedSignature
from tests.unit.federation.signatures.helpers import (
    NOW,
    RSA_KEY_ID,
    changed,
    get,
    post,
    refusal,
    rsa_key,
    signed,
    value,
    with_headers,
)


def by_hand(lines: list[str], parameters: str, key=None):
    """A post signed in cavage's form over any lines; `parameters` holds all but keyId and signature."""
    message = signed("cavage")
    signature = b64encode((key or rsa_key()).sign("\n".join(lines).encode())).decode()
    return with_headers(message, {"Signature": f'keyId="{RSA_KEY_ID}",{parameters},signature="{signature}"'})


def test_the_public_key_as_secret_of_an_hmac_forges_nothing():
    pem = rsa_key().public().key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claim = read_claim(signed("cavage"), NOW)
    mac = b64encode(hmac.new(pem, claim.base, sha256).digest()).decode()
    names = "(request-target) host date digest content-type"
    for algorithm, passes in (("hmac-sha256", False), ("hs2019", True), ("rsa-sha256", True)):
        header = f'keyId="{RSA_KEY_ID}",algorithm="{algorithm}",headers="{names}",signature="{mac}"'
        message = with_headers(signed("cavage"), {"Signature": header})
        if passes:
            assert not check(read_claim(message, NOW), rsa_key().public())
        else:
            assert refusal(message) == (BadSignature, "signature-algorithm")


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-sha1", "rsa-sha512", "ed25519", "none", "ecdsa-sha256"])
def test_algorithms_of_cavage_that_are_not_ours_are_refused(algorithm):
    message = signed("cavage")
    header = value(message, "signature").replace("rsa-sha256", algorithm)
    assert refusal(with_headers(message, {"Signature": header})) == (BadSignature, "signature-algorithm")


@pytest.mark.parametrize("name", ["algorithm", "Algorithm"])
@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256", "RSA-SHA256"])
def test_allowed_algorithms_pass_under_any_spelling(name, algorithm):
    message = signed("cavage")
    header = value(message, "signature").replace('algorithm="rsa-sha256"', f'{name}="{algorithm}"')
    assert check(read_claim(with_headers(message, {"Signature": header}), NOW), rsa_key().public())


def test_the_algorithm_may_be_left_out():
    message = signed("cavage")
    header = value(message, "signature").replace('algorithm="rsa-sha256",', "")
    assert check(read_claim(with_headers(message, {"Signature": header}), NOW), rsa_key().public())


def test_any_other_signed_header_may_occur_but_once_in_cavage():
    message = by_hand([], 'headers="(request-target) host date digest x-more"')
    assert refusal(with_headers(message, {})) == (BadSignature, "header-missing")
    doubled = changed(message, headers=(*message.headers, ("x-more", "a"), ("x-more", "b")))
    assert refusal(doubled) == (MalformedSignature, "header-duplicate")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("host date digest", "signature-coverage"),
        ("(request-target) date digest", "signature-coverage"),
        ("(request-target) host digest", "signature-time-missing"),
        ("(request-target) host date", "signature-coverage"),
        ("(request-target) host date digest x-none", "header-missing"),
        ("date", "signature-coverage"),
    ],
)
def test_what_must_be_covered_must_be_covered(names, code):
    header = value(signed("cavage"), "signature").replace("(request-target) host date digest content-type", names)
    assert refusal(with_headers(signed("cavage"), {"Signature": header})) == (BadSignature, code)


def created(
    seconds: int, algorithm: str = "hs2019", extra: str = "", names: str = "(request-target) (created) host digest"
):
    message = signed("cavage")
    values = {"host": "bread.example", "(created)": str(seconds), "digest": value(message, "digest")}
    lines = [f"{n}: {values.get(n, 'post /inbox')}" for n in names.split()]
    return by_hand(lines, f'algorithm="{algorithm}",created={seconds}{extra},headers="{names}"')


def test_created_stands_for_the_date_under_hs2019():
    seconds = int(NOW.timestamp())
    claim = read_claim(created(seconds - 60), NOW)
    assert claim.signed_at == NOW - timedelta(seconds=60)
    assert check(claim, rsa_key().public())
    assert refusal(created(seconds - 3901)) == (BadSignature, "signature-stale")
    assert refusal(created(seconds, extra=f",expires={seconds - 1}")) == (BadSignature, "signature-expired")
    assert check(read_claim(created(seconds, extra=f",expires={seconds}.5"), NOW), rsa_key().public())


def test_created_means_nothing_under_another_algorithm():
    seconds = int(NOW.timestamp())
    for algorithm in ("rsa-sha256", ""):
        assert refusal(created(seconds, algorithm)) == (BadSignature, "signature-algorithm")


def test_created_that_is_named_must_be_given():
    header = value(created(1), "signature").replace("created=1,", "")
    assert refusal(with_headers(signed("cavage"), {"Signature": header})) == (BadSignature, "header-missing")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + ',keyId="https://evil.example/#k"',
        lambda text: text + ',KEYID="https://evil.example/#k"',
        lambda text: 'headers="date",' + text,
        lambda text: text.replace('signature="', 'signature="!'),
        lambda text: text.replace('signature="', 'signature="\n'),
        lambda text: text[:-3] + '"',
        lambda text: text[:-1],
        lambda text: text.replace(",", ";"),
        lambda text: text.replace('keyId="', "keyId='"),
        lambda text: text.replace("keyId=", "key="),
        lambda text: text.replace('keyId="', 'keyId="\\"'),
        lambda text: text.replace('headers="', 'headers="é '),
        lambda text: text + ",created=soon",
        lambda text: text + ",created=1.2.3",
        lambda text: text + ",created=999999999999",
        lambda text: text + ',x="' + "a" * 4096 + '"',
        lambda text: text + "\n",
        lambda text: text.partition(",signature=")[0],
        lambda text: text.partition(",signature=")[0] + ',signature=""',
        lambda text: text.replace('headers="', 'headers="date '),
        lambda text: text.replace('headers="', 'headers="DATE '),
        lambda text: "",
        lambda text: "Signature " + text,
    ],
)
def test_a_signature_header_in_a_doubtful_form_is_malformed(change):
    message = signed("cavage")
    read_claim(message, NOW)
    header = change(value(message, "signature"))
    assert refusal(with_headers(message, {"Signature": header}))[0] is MalformedSignature


@pytest.mark.parametrize(
    "text", ["Date: x", "Sun, 01 Mar 2026 10:00:00 +0000", "", "Sun, 01 Mar 2026 10:00:00 GMT\nx: y"]
)
def test_a_date_in_another_form_is_malformed(text):
    assert refusal(with_headers(signed("cavage"), {"Date": text}))[0] is MalformedSignature


def test_a_query_may_be_missing_from_the_signature_of_a_get_and_of_nothing_else():
    for message, passes in ((get(), True), (post("/actors/bread"), False)):
        with_query = changed(signed("cavage", message), target="/actors/bread?page=1")
        assert check(read_claim(with_query, NOW), rsa_key().public()) is passes
    assert read_claim(signed("cavage", get()), NOW).base_without_query is None
