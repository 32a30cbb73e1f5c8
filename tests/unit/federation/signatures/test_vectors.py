"""Published vectors and captures of real peers: HTTP signatures (federation.md 17, tests/vectors)."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import http_sf
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.federation.signatures.keys import PublicKey, load_public
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.errors import BadSignature
from tests.unit.federation.signatures.helpers import (
    ED25519_KEY_ID,
    NOW,
    RSA_KEY_ID,
    changed,
    ed25519_key,
    from_text,
    post,
    rsa_key,
    vectors,
    with_headers,
)

CAPTURES = vectors("peer-captures")["captures"]
APPENDIX_B = vectors("rfc9421-appendix-b")
APPENDIX_C = vectors("draft-cavage-12-appendix-c")


def test_v2_signing_with_ed25519_gives_the_headers_of_federation_md_17():
    added = rfc9421.sign(post(), key=ed25519_key(), key_id=ED25519_KEY_ID, now=NOW)
    params = f'("@method" "@target-uri" "content-digest");created=1772359200;keyid="{ED25519_KEY_ID}"'
    assert added == {
        "Date": "Sun, 01 Mar 2026 10:00:00 GMT",
        "Content-Digest": "sha-256=:GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=:",
        "Signature-Input": f"sig1={params}",
        "Signature": "sig1=:l07OCN77qeB2mokZ8a6I0pdPYLXsp3l2vv8nxhT+fyIFRtXHjHBevVt1fpOI5RHIkirRNM1hG/DDOcmy5NjpBQ==:",
    }
    claim = read_claim(with_headers(post(), added), NOW)
    assert claim.base.decode() == (
        '"@method": POST\n"@target-uri": https://bread.example/inbox\n'
        '"content-digest": sha-256=:GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=:\n'
        f'"@signature-params": {params}'
    )
    assert claim.key_id == ED25519_KEY_ID
    assert check(claim, ed25519_key().public())


def test_v5_the_signing_string_is_that_of_federation_md_17():
    message = post("/actors/bread/inbox?x=1")
    claim = read_claim(with_headers(message, cavage.sign(message, key=rsa_key(), key_id=RSA_KEY_ID, now=NOW)), NOW)
    expected = (
        "(request-target): post /actors/bread/inbox?x=1\n"
        "host: bread.example\n"
        "date: Sun, 01 Mar 2026 10:00:00 GMT\n"
        "digest: SHA-256=GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww=\n"
        "content-type: application/activity+json"
    )
    assert claim.base.decode() == expected
    assert rsa_key().public().verify(claim.signature, expected.encode())
    assert check(claim, rsa_key().public())


def request_of(capture: dict) -> Signable:
    url = urlsplit(capture["url"])
    return Signable(
        method=capture["method"],
        target=url.path + (f"?{url.query}" if url.query else ""),
        authority=url.netloc,
        scheme=url.scheme,
        headers=tuple(capture["headers"].items()),
        body=capture["body"].encode(),
    )


def key_of(capture: dict) -> PublicKey:
    document = vectors("peer-captures")["key_documents"][capture["keyId"]]
    return load_public("rsa", document.get("publicKey", document)["publicKeyPem"])


@pytest.mark.parametrize("index", range(len(CAPTURES)))
def test_a_request_of_a_real_peer_verifies_and_its_variations_do_not(index):
    capture = CAPTURES[index]
    message = request_of(capture)
    received = datetime.fromtimestamp(capture["received_at_unix"], UTC)
    claim = read_claim(message, received)
    assert claim.scheme == {"draft-cavage-12": "cavage", "rfc9421": "rfc9421"}[capture["http_signature"]]
    assert claim.key_id == capture["keyId"]
    assert abs(claim.signed_at - received) < timedelta(minutes=1)
    assert check(claim, key_of(capture))
    assert not check(claim, rsa_key().public())
    assert not check(read_claim(changed(message, target=message.target + "x"), received), key_of(capture))
    for other in (changed(message, body=message.body + b" "), changed(message, body=None)):
        with pytest.raises(BadSignature):
            read_claim(other, received)
    with pytest.raises(BadSignature):
        read_claim(message, received + timedelta(hours=2))


def test_there_are_36_captures():
    assert len(CAPTURES) == 36


def requests_of(case: dict) -> list[Signable]:
    """The case's requests with its signature; the response is left out."""
    if "signed_messages" in case:
        return [from_text(text) for text in case["signed_messages"]]
    text = APPENDIX_B["messages"][case["message"]]
    headers = {"Signature-Input": case["signature_input"], "Signature": case["signature"]}
    return [] if text.startswith("HTTP/") else [with_headers(from_text(text), headers)]


def base_of(message: Signable) -> bytes:
    parameters = rfc9421.parse(*message.values("signature-input"), *message.values("signature"))
    return rfc9421.signature_base(message, parameters.covered, parameters.params)


@pytest.mark.parametrize("index", [0, 2, 4, 5, 6, 7])
def test_the_bases_of_rfc_9421_appendix_b_are_rebuilt(index):
    case = APPENDIX_B["cases"][index]
    assert base_of(requests_of(case)[0]).decode() == case["signature_base"]


def test_component_parameters_of_appendix_b_are_refused():
    (message,) = requests_of(APPENDIX_B["cases"][1])
    with pytest.raises(BadSignature) as caught:
        base_of(message)
    assert caught.value.code == "signature-coverage"


def test_components_of_a_response_are_refused():
    params = http_sf.parse(APPENDIX_B["cases"][3]["signature_input"].encode(), tltype="dictionary")["sig-b24"][1]
    with pytest.raises(BadSignature) as caught:
        rfc9421.signature_base(post(), ["@status"], params)
    assert caught.value.code == "signature-coverage"


def appendix_b_key() -> PublicKey:
    pems = APPENDIX_B["keys"]["test-key-ed25519"]["pem"]
    return load_public("ed25519", next(pem for pem in pems if "PUBLIC" in pem))


def test_the_ed25519_signature_of_appendix_b_verifies():
    (message,) = requests_of(APPENDIX_B["cases"][5])
    parameters = rfc9421.parse(*message.values("signature-input"), *message.values("signature"))
    assert appendix_b_key().verify(parameters.signature, base_of(message))


def test_transformations_that_keep_the_meaning_keep_the_signature_and_no_other_does():
    verdicts = []
    for message in requests_of(APPENDIX_B["cases"][7]):
        parameters = rfc9421.parse(*message.values("signature-input"), *message.values("signature"))
        verdicts.append(appendix_b_key().verify(parameters.signature, base_of(message)))
    assert verdicts == [True, True, True, True, False, False]


@pytest.mark.parametrize("index", range(8))
def test_no_request_of_appendix_b_is_let_in(index):
    for message in requests_of(APPENDIX_B["cases"][index]):
        with pytest.raises(BadSignature):
            read_claim(message, datetime.fromtimestamp(1618884473, UTC))


@pytest.mark.parametrize(
    "algorithm", ["rsa-pss-sha512", "ecdsa-p256-sha256", "hmac-sha256", "rsa-v1_5-sha1", "Ed25519"]
)
def test_an_algorithm_of_rfc_9421_that_is_not_ours_is_refused(algorithm):
    added = rfc9421.sign(post(), key=ed25519_key(), key_id=ED25519_KEY_ID, now=NOW)
    added["Signature-Input"] += f';alg="{algorithm}"'
    with pytest.raises(BadSignature) as caught:
        read_claim(with_headers(post(), added), NOW)
    assert caught.value.code == "signature-algorithm"


def signature_of_appendix_c(case: dict) -> str:
    """The `Signature` header of a case."""
    times = f"created={case['created']},expires={case['expires']}," if "created" in case else ""
    names = f'headers="{case["headers"]}",' if case["headers"] else ""
    return f'keyId="{case["keyId"]}",algorithm="{case["algorithm"]}",{times}{names}signature="{case["signature"]}"'


@pytest.mark.parametrize("index", [0, 1])
def test_the_cases_of_cavage_appendix_c_verify_with_the_bare_primitive(index):
    case = APPENDIX_C["cases"][index]
    message = from_text(APPENDIX_C["request"])
    parameters = cavage.parse(signature_of_appendix_c(case))
    values = {name: value for name, value in message.headers if name in parameters.headers}
    base = cavage.signing_string(message.method, message.target, parameters.headers, {"host": "", **values})
    assert base.decode() == case["signing_string"]
    key = PublicKey(load_pem_public_key(APPENDIX_C["public_key_pem"].encode()))
    assert parameters.signature == b64decode(case["signature"])
    assert key.verify(parameters.signature, base)
    assert not key.verify(parameters.signature, base + b"\n")


def test_the_key_of_cavage_appendix_c_is_too_short_for_us():
    with pytest.raises(BadSignature) as caught:
        load_public("rsa", APPENDIX_C["public_key_pem"])
    assert caught.value.code == "key-unusable"


@pytest.mark.parametrize(
    ("index", "code"), [(0, "signature-coverage"), (1, "signature-coverage"), (2, "signature-algorithm")]
)
def test_no_request_of_cavage_appendix_c_is_let_in(index, code):
    case = APPENDIX_C["cases"][index] | {"keyId": RSA_KEY_ID}
    message = with_headers(from_text(APPENDIX_C["request"]), {"Signature": signature_of_appendix_c(case)})
    with pytest.raises(BadSignature) as caught:
        read_claim(message, datetime(2014, 1, 5, 21, 31, 40, tzinfo=UTC))
    assert caught.value.code == code
