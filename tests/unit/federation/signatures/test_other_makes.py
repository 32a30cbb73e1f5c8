"""Other libraries read what we sign and we read what they sign; and no text at all breaks the reader."""

import warnings
from base64 import b64encode

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.digests import content_digest, digest
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.federation.signatures.times import http_date
from fedcoop.kernel.errors import BadSignature, MalformedSignature
from tests.unit.federation.signatures.helpers import (
    NOW,
    RSA_KEY_ID,
    ed25519_key,
    get,
    post,
    rsa_key,
    signed,
    with_headers,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from httpsig import HeaderSigner, HeaderVerifier
    from httpsig.utils import generate_message, parse_signature_header

NAMES = ["(request-target)", "host", "date", "digest", "content-type"]


def public_pem() -> str:
    return rsa_key().public().key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key) -> bytes:
    return key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_httpsig_verifies_what_we_sign():
    message = post("/inbox?x=1")
    headers = dict(with_headers(message, cavage.sign(message, key=rsa_key(), key_id=RSA_KEY_ID, now=NOW)).headers)
    verifier = HeaderVerifier(
        headers,
        public_pem(),
        required_headers=NAMES,
        method="POST",
        path=message.target,
        host="bread.example",
        sign_header="signature",
    )
    assert verifier.verify()


def test_we_let_in_what_httpsig_signs():
    message = with_headers(post("/inbox?x=1"), {"Date": http_date(NOW), "Digest": digest(post().body)})
    signer = HeaderSigner(RSA_KEY_ID, private_pem(rsa_key()), "rsa-sha256", NAMES, sign_header="signature")
    headers = signer.sign(dict(message.headers), host="bread.example", method="POST", path=message.target)
    claim = read_claim(with_headers(message, {"Signature": headers["signature"]}), NOW)
    assert check(claim, rsa_key().public())


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, key) -> None:
        self.key = key

    def resolve_public_key(self, key_id: str):
        return self.key.key.public_key()

    def resolve_private_key(self, key_id: str):
        return self.key.key


class Request:
    def __init__(self, message) -> None:
        self.method = message.method
        self.url = message.target_uri
        self.headers = dict(message.headers)
        self.body = message.body


def algorithm_of(key):
    return algorithms.ED25519 if key.algorithm == "ed25519" else algorithms.RSA_V1_5_SHA256


class TimelessVerifier(HTTPMessageVerifier):
    """The library asks the system for the time; the tests stand still."""

    def validate_created_and_expires(self, sig_input, max_age=None) -> None:
        assert sig_input.params["created"] == int(NOW.timestamp())


def test_another_library_verifies_what_we_sign_by_rfc_9421():
    for key in (rsa_key(), ed25519_key()):
        for message, names in ((post("/inbox?x=1"), ["content-digest"]), (get("/x?page=1"), [])):
            got = with_headers(message, rfc9421.sign(message, key=key, key_id=RSA_KEY_ID, now=NOW))
            verifier = TimelessVerifier(signature_algorithm=algorithm_of(key), key_resolver=Keys(key))
            required = ["@method", "@target-uri", *names]
            (result,) = verifier.verify(Request(got), max_age=None, require_components=required, body=got.body)
            assert result.label == "sig1"


def test_we_let_in_what_another_library_signs_by_rfc_9421():
    for key in (rsa_key(), ed25519_key()):
        message = with_headers(post("/inbox?x=1"), {"Content-Digest": content_digest(post().body)})
        request = Request(message)
        signer = HTTPMessageSigner(signature_algorithm=algorithm_of(key), key_resolver=Keys(key))
        signer.sign(
            request,
            key_id=RSA_KEY_ID,
            created=NOW,
            covered_component_ids=("@method", "@target-uri", "content-digest"),
            body=message.body,
            use_existing_digest=True,
        )
        claim = read_claim(with_headers(message, request.headers), NOW)
        assert check(claim, key.public())


_QUOTED = st.text(st.sampled_from("abz /:#.?=,()@-09"), max_size=20)
_LISTED = st.dictionaries(st.sampled_from(["keyId", "algorithm", "headers", "x"]), _QUOTED, min_size=1)
_LINES = st.dictionaries(st.sampled_from(["host", "date", "digest", "x-a"]), _QUOTED.map(str.strip), min_size=4)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(_LISTED, _LINES, st.permutations(["(request-target)", "host", "date", "digest", "x-a"]))
def test_we_read_a_cavage_header_and_write_its_signing_string_as_httpsig_does(listed, lines, order):
    header = ",".join(f'{name}="{value}"' for name, value in listed.items())
    assert cavage.split(header) == {name.lower(): value for name, value in parse_signature_header(header).items()}
    theirs = generate_message(order, lines, host=lines["host"], method="POST", path="/inbox?x=1")
    assert cavage.signing_string("POST", "/inbox?x=1", tuple(order), lines) == theirs


_NAMES = st.sampled_from(["@method", "@target-uri", "@path", "content-digest", "x", "X", ""])
_PARAMS = st.dictionaries(
    st.sampled_from(["created", "expires", "keyid", "alg", "nonce", "tag", "x.y*", "*"]),
    st.one_of(st.integers(-9, 10**15 - 1), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9)),
)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.lists(_NAMES, max_size=4), _PARAMS, st.binary(max_size=9))
def test_plain_signature_headers_are_read_as_any_structured_field_is(names, params, data):
    inner = rfc9421.inner_list(names, params)
    headers = f"sig1={inner}", f"sig1=:{b64encode(data).decode()}:"
    plain = rfc9421.read_plain(*headers)
    odd = [value for value in params.values() if (value < 0 if isinstance(value, int) else set('"\\') & set(value))]
    assert (plain is not None) == (bool(names) and bool(data) and not odd)
    if plain is not None:
        assert plain == rfc9421.read_structured(*headers)
        assert plain.text == inner


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 90), st.integers(0, 9), st.text(st.sampled_from('"();=:, 0-aA*'), max_size=4), st.booleans())
def test_a_header_that_is_read_as_plain_says_the_same_to_the_parser_of_structured_fields(start, length, text, first):
    parts = ['sig1=("@method" "@target-uri");created=1618884473;keyid="k"', "sig1=:YWJjZGVm:"]
    whole = parts[not first]
    start %= len(whole)
    parts[not first] = whole[:start] + text + whole[start + length :]
    plain = rfc9421.read_plain(*parts)
    if plain is not None:
        assert plain == rfc9421.read_structured(*parts)


TEXT = st.text(st.sampled_from('()"=,;:?*@ \t\n\\-.09azA/é\0') | st.characters(), max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(["signature", "signature-input", "date", "digest", "content-digest", "host"]), TEXT
)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(HEADERS, st.sampled_from(["cavage", "rfc9421"]))
@example({"signature-input": "sig1=@9999999999999;a", "signature": "sig1=:YQ==:"}, "rfc9421")
@example({"signature-input": 'sig1=("a";b=%"x");created=999999999999999', "signature": "sig1=:YQ==:"}, "rfc9421")
def test_whatever_a_header_holds_the_answer_is_a_claim_or_a_refusal(headers, form):
    message = with_headers(signed(form), headers)
    try:
        claim = read_claim(message, NOW)
    except (MalformedSignature, BadSignature):
        return
    assert claim.key_id == RSA_KEY_ID


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 700), st.integers(0, 60), TEXT, st.sampled_from(["cavage", "rfc9421"]))
def test_a_signature_header_with_a_part_exchanged_is_refused_or_does_not_grow(start, length, text, form):
    message = signed(form)
    name = "signature" if form == "cavage" else "signature-input"
    whole = message.values(name)[0]
    start %= len(whole)
    exchanged = whole[:start] + text + whole[start + length :]
    try:
        claim = read_claim(with_headers(message, {name: exchanged}), NOW)
    except (MalformedSignature, BadSignature):
        return
    if check(claim, rsa_key().public()):
        assert claim.base == read_claim(message, NOW).base
