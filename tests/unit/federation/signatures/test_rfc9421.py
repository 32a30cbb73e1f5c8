"""The form of RFC 9421: labels, components, parameters."""

from base64 import b64encode

import pytest

from fedcoop.federation.signatures import rfc9421
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.kernel.errors import BadSignature, MalformedSignature
from tests.unit.federation.signatures.helpers import (
    ED25519_KEY_ID,
    NOW,
    RSA_KEY_ID,
    ed25519_key,
    get,
    post,
    refusal,
    rsa_key,
    signed,
    with_headers,
)


def test_an_algorithm_that_contradicts_the_key_is_refused_even_if_the_signature_holds():
    for key, alg in ((rsa_key(), "ed25519"), (ed25519_key(), "rsa-v1_5-sha256")):
        params = {"created": int(NOW.timestamp()), "keyid": RSA_KEY_ID, "alg": alg}
        base = rfc9421.signature_base(get(), ["@method", "@target-uri"], params)
        headers = {
            "Signature-Input": "sig1=" + base.decode().rpartition('"@signature-params": ')[2],
            "Signature": f"sig1=:{b64encode(key.sign(base)).decode()}:",
        }
        claim = read_claim(with_headers(get(), headers), NOW)
        assert key.public().verify(claim.signature, claim.base)
        assert not check(claim, key.public())


@pytest.mark.parametrize(
    ("inputs", "signature", "error"),
    [
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}"', "sig2=:YQ==:", MalformedSignature),
        (
            'sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}", sig2=("@method")',
            "sig1=:YQ==:, sig2=:YQ==:",
            MalformedSignature,
        ),
        (
            'sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}", sig1=()',
            "sig1=:YQ==:",
            MalformedSignature,
        ),
        (
            'sig1=("@method" "@target-uri" "content-digest");created={t};created=1;keyid="{k}"',
            "sig1=:YQ==:",
            MalformedSignature,
        ),
        (
            'sig1=("@method" "@method" "@target-uri" "content-digest");created={t};keyid="{k}"',
            "sig1=:YQ==:",
            MalformedSignature,
        ),
        (
            'sig1=("@method" "@target-uri" "content-digest");created="{t}";keyid="{k}"',
            "sig1=:YQ==:",
            MalformedSignature,
        ),
        ('sig1=("@method" "@target-uri" "content-digest");created=-1;keyid="{k}"', "sig1=:YQ==:", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created;keyid="{k}"', "sig1=:YQ==:", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid=token', "sig1=:YQ==:", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}"', "sig1=a", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}"', "sig1=::", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}"', "sig1=:!:", MalformedSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t};keyid="{k}"', "sig1", MalformedSignature),
        ("sig1", "sig1=:YQ==:", MalformedSignature),
        ("sig1=1", "sig1=:YQ==:", MalformedSignature),
        ("", "", MalformedSignature),
        ("(", "sig1=:YQ==:", MalformedSignature),
        ("é", "sig1=:YQ==:", MalformedSignature),
        ("sig1=(1 2)", "sig1=:YQ==:", MalformedSignature),
        ('sig1=("@method");x="' + "a" * 4096 + '"', "sig1=:YQ==:", MalformedSignature),
        ('sig1=("@method" "@target-uri";req "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@target-uri" "content-digest";bs);created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@target-uri" "content-digest";sf);created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        (
            'sig1=("@method" "@target-uri" "content-digest";key="sha-256");created={t};keyid="{k}"',
            "sig1=:YQ==:",
            BadSignature,
        ),
        ('sig1=("@method" "@target-uri" "content-digest";tr);created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@target-uri" "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@path" "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@request-target" "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@target-uri");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        (
            'sig1=("@method" "@target-uri" "@status" "content-digest");created={t};keyid="{k}"',
            "sig1=:YQ==:",
            BadSignature,
        ),
        ('sig1=("@method" "@target-uri" "Date" "content-digest");created={t};keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@target-uri" "content-digest");keyid="{k}"', "sig1=:YQ==:", BadSignature),
        ('sig1=("@method" "@target-uri" "content-digest");created={t}', "sig1=:YQ==:", BadSignature),
        (
            'sig1=("@method" "@target-uri" "content-digest");created={t};expires=1;keyid="{k}"',
            "sig1=:YQ==:",
            BadSignature,
        ),
    ],
)
def test_a_signature_input_out_of_rule_is_refused(inputs, signature, error):
    message = signed("rfc9421")
    text = inputs.replace("{t}", str(int(NOW.timestamp()))).replace("{k}", RSA_KEY_ID)
    assert refusal(with_headers(message, {"Signature-Input": text, "Signature": signature}))[0] is error


@pytest.mark.parametrize("target", ["/inbox", "/inbox?a=1"])
def test_a_uri_may_be_signed_in_its_parts_if_none_is_missing(target):
    message = with_headers(post(target), rfc9421.sign(post(target), key=ed25519_key(), key_id=ED25519_KEY_ID, now=NOW))
    parts = ["@method", "@authority", "@path", "@query", "@scheme", "@request-target", "host", "content-digest"]
    params = {"created": int(NOW.timestamp()), "keyid": ED25519_KEY_ID, "alg": "ed25519"}
    for covered in (parts, [name for name in parts if name != "@query"]):
        base = rfc9421.signature_base(message, covered, params)
        headers = {
            "Signature-Input": "x=" + base.decode().rpartition('"@signature-params": ')[2],
            "Signature": f"x=:{b64encode(ed25519_key().sign(base)).decode()}:",
        }
        if "?" in target and "@query" not in covered:
            assert refusal(with_headers(message, headers)) == (BadSignature, "signature-coverage")
        else:
            assert check(read_claim(with_headers(message, headers), NOW), ed25519_key().public())
