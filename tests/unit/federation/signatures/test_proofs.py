"""Object integrity proofs, held against published vectors and captures (federation.md 6 and 17)."""

import copy
import json
import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from fedcoop.federation.signatures.keys import PublicKey, load_public
from fedcoop.federation.signatures.proofs import add_proof, proof_claim, verify_proof
from fedcoop.kernel import base58
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.errors import BadSignature
from tests.unit.federation.signatures.helpers import NOW, SEED, ed25519_key, rsa_key, vectors

V1 = (
    '{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v2",'
    '{"coop":"https://w3id.org/fedcoop/ns#"}],"attributedTo":"https://bread.example/actors/coop",'
    '"coop:castAt":"2026-03-01T10:00:00Z","coop:choice":["agree"],"coop:motion":"https://union.example/motions/42",'
    '"id":"https://bread.example/ballots/7","to":["https://union.example/actors/federation"],"type":"coop:Ballot"}'
)
V1_KEY_ID = "https://bread.example/actors/coop#ed25519-key"
V1_VALUE = "z3R1iULgRK7ThJJqfNQWHMLAf7ByeAmQ1SRND6SjASnvDppTvajMgGk2T3TFgPRX7mesooP7eifHwXV5mw4oa5TUF"
PUBLIC = ed25519_key().public()


def proven() -> dict:
    return add_proof(json.loads(V1), ed25519_key(), V1_KEY_ID, NOW)


def test_v1_the_proof_is_that_of_federation_md_17():
    document = json.loads(V1)
    assert canonical_bytes(document).decode() == V1
    assert (
        sha256(canonical_bytes(document)).hexdigest()
        == "9fba9857b55b820526f443257e7ab11005d74a8370e3f0d060b645a09e7f24db"
    )
    result = proven()
    options = {name: value for name, value in result["proof"].items() if name != "proofValue"}
    assert (
        sha256(canonical_bytes(options)).hexdigest()
        == "3da1269ed9e5fb960b70be08d4f4d8f9983d3be673381d9c24782b660308a001"
    )
    assert result["proof"]["proofValue"] == V1_VALUE
    assert result["proof"]["created"] == "2026-03-01T10:00:00Z"
    assert set(options) == {"@context", "type", "cryptosuite", "created", "verificationMethod", "proofPurpose"}
    assert options["@context"] == document["@context"]
    assert document == json.loads(V1)
    assert verify_proof(result, PUBLIC, NOW)


def test_a_claim_tells_whose_key_and_when():
    claim = proof_claim(proven())
    assert claim is not None
    assert (claim.verification_method, claim.created, claim.expires) == (V1_KEY_ID, NOW, None)
    assert proof_claim(json.loads(V1)) is None
    assert not verify_proof(json.loads(V1), PUBLIC, NOW)


def test_v4_and_the_documents_of_rfc_8785_have_their_canonical_form():
    assert canonical_bytes({"€": 2, "\r": 3, "1": 4, "b": 1}).decode() == '{"\\r":3,"1":4,"b":1,"€":2}'
    assert (
        canonical_bytes([1e21, 1e20, 1e-7, 0.000001, -0.0]).decode() == "[1e+21,100000000000000000000,1e-7,0.000001,0]"
    )
    for case in vectors("jcs-rfc8785")["cases"]:
        assert canonical_bytes(json.loads(case["input"])).hex() == case["outhex"]
    for number in vectors("jcs-rfc8785")["numbers_ieee754_hex_to_text"]:
        assert canonical_bytes(struct.unpack(">d", bytes.fromhex(number["ieee"]))[0]).decode() == number["text"]


def test_the_vector_of_fep_8b32_is_made_and_verified():
    vector = vectors("fep-8b32")
    assert base58.decode(vector["ed25519_secret_key_multibase"][1:])[2:] == SEED
    made = add_proof(vector["unsigned"], ed25519_key(), vector["verificationMethod"], parse_rfc3339(vector["created"]))
    assert made == vector["signed"]
    assert verify_proof(vector["signed"], PUBLIC, NOW)


@pytest.mark.parametrize("index", range(6))
def test_the_variants_verify_while_they_have_not_expired(index):
    variant = vectors("fep-8b32-variants")["variants"][index]
    expires = variant["signed"]["proof"].get("expires")
    made = datetime(2023, 2, 24, 23, 36, 39, tzinfo=UTC)
    assert verify_proof(variant["signed"], PUBLIC, made)
    if expires is None:
        assert verify_proof(variant["signed"], PUBLIC, NOW)
    else:
        assert not verify_proof(variant["signed"], PUBLIC, parse_rfc3339(expires) + timedelta(seconds=1))


def test_all_values_of_the_w3c_vector_are_met():
    vector = vectors("w3c-eddsa-jcs-2022")
    claim = proof_claim(vector["signedJCS"])
    assert claim is not None
    assert claim.hash_data.hex() == vector["combinedHashJCS"]
    assert claim.signature.hex() == vector["sigHexJCS"]
    assert canonical_bytes(vector["unsigned"]).decode() == vector["canonDocJCS"]
    assert canonical_bytes(vector["proofConfigJCS"]).decode() == vector["proofCanonJCS"]
    assert verify_proof(vector["signedJCS"], load_public("ed25519", vector["keyPair"]["publicKeyMultibase"]), NOW)


def captured() -> list[dict]:
    found = [json.loads(capture["body"]) for capture in vectors("peer-captures")["captures"]]
    return [document for document in found if "proof" in document]


def key_of(method: str) -> PublicKey:
    documents = vectors("peer-captures")["key_documents"].values()
    keys = {
        key["id"]: key["publicKeyMultibase"] for document in documents for key in document.get("assertionMethod", [])
    }
    return load_public("ed25519", keys[method])


@pytest.mark.parametrize("index", range(18))
def test_a_proof_of_a_real_peer_verifies_and_its_variations_do_not(index):
    document = captured()[index]
    claim = proof_claim(document)
    assert claim is not None
    assert verify_proof(document, key_of(claim.verification_method), NOW)
    assert not verify_proof({**document, "summary": "more"}, key_of(claim.verification_method), NOW)
    assert not verify_proof(document, PUBLIC, NOW)


def test_there_are_18_captured_proofs():
    assert len(captured()) == 18


def altered(**changes) -> dict:
    """The proven document with other members in its proof; None takes one out."""
    document = copy.deepcopy(proven())
    document["proof"] = {name: value for name, value in {**document["proof"], **changes}.items() if value is not None}
    return document


REFUSED = {
    "list": (lambda: {**proven(), "proof": [proven()["proof"]]}, "proof-list"),
    "text": (lambda: {**proven(), "proof": "x"}, "proof-list"),
    "another type": (lambda: altered(type="Ed25519Signature2020"), "proof-type"),
    "another suite": (lambda: altered(cryptosuite="eddsa-rdfc-2022"), "proof-type"),
    "no suite": (lambda: altered(cryptosuite=None), "proof-type"),
    "another purpose": (lambda: altered(proofPurpose="authentication"), "proof-purpose"),
    "no purpose": (lambda: altered(proofPurpose=None), "proof-purpose"),
    "no key": (lambda: altered(verificationMethod=None), "proof-key"),
    "a key object": (lambda: altered(verificationMethod={"id": V1_KEY_ID}), "proof-key"),
    "no value": (lambda: altered(proofValue=None), "proof-value"),
    "another base": (lambda: altered(proofValue="u" + V1_VALUE[1:]), "proof-value"),
    "not base58": (lambda: altered(proofValue=V1_VALUE[:-1] + "0"), "proof-value"),
    "too short": (lambda: altered(proofValue=V1_VALUE[:-4]), "proof-value"),
    "too long": (lambda: altered(proofValue=V1_VALUE + "1" * 10_000), "proof-value"),
    "a foreign context": (lambda: altered(**{"@context": ["https://evil.example/ns"]}), "proof-context"),
    "a longer context": (
        lambda: altered(**{"@context": [*proven()["@context"], "https://more.example/ns"]}),
        "proof-context",
    ),
    "no date": (lambda: altered(created="yesterday"), "proof-date"),
    "a date without offset": (lambda: altered(created="2026-03-01T10:00:00"), "proof-date"),
    "a number as date": (lambda: altered(created=1), "proof-date"),
    "an odd expiry": (lambda: altered(expires="never"), "proof-date"),
    "a number past JCS": (lambda: {**proven(), "x": 2**53}, "proof-value"),
    "not a number": (lambda: {**proven(), "x": float("nan")}, "proof-value"),
    "a lone surrogate": (lambda: {**proven(), "x": "\ud800"}, "proof-value"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_a_proof_that_is_present_and_unusable_is_an_error(name):
    make, code = REFUSED[name]
    with pytest.raises(BadSignature) as caught:
        verify_proof(make(), PUBLIC, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"coop:choice": ["disagree"]},
        {"coop:choice": ["agree", "agree"]},
        {"id": "https://bread.example/ballots/8"},
        {"more": 1},
        {"@context": "https://www.w3.org/ns/activitystreams"},
    ],
)
def test_a_changed_document_does_not_verify(change):
    document = {**proven(), **change}
    if "@context" in change:
        document["proof"] = {**document["proof"], **change}
    assert not verify_proof(document, PUBLIC, NOW)


@pytest.mark.parametrize(
    "change", [{"created": "2026-03-01T10:00:01Z"}, {"verificationMethod": "https://evil.example/#k"}, {"x": 1}]
)
def test_changed_options_do_not_verify(change):
    assert not verify_proof(altered(**change), PUBLIC, NOW)


def test_members_appended_to_the_context_after_proving_do_no_harm():
    document = proven()
    document["@context"] = [*document["@context"], "https://more.example/ns"]
    assert verify_proof(document, PUBLIC, NOW)


def test_a_linked_data_signature_is_neither_proven_nor_kept():
    document = {**proven(), "signature": {"type": "RsaSignature2017"}}
    assert verify_proof(document, PUBLIC, NOW)
    assert "signature" not in add_proof(document, ed25519_key(), V1_KEY_ID, NOW)


def test_a_proof_is_replaced_by_the_next_one():
    later = add_proof(proven(), ed25519_key(), V1_KEY_ID, NOW + timedelta(hours=1, microseconds=5))
    assert later["proof"]["created"] == "2026-03-01T11:00:00Z"
    assert verify_proof(later, PUBLIC, NOW)


def test_an_rsa_key_neither_makes_nor_verifies_a_proof():
    assert not verify_proof(proven(), rsa_key().public(), NOW)
    with pytest.raises(ValueError, match="Ed25519"):
        add_proof(json.loads(V1), rsa_key(), V1_KEY_ID, NOW)
