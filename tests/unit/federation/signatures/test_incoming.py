"""What is let in, and what an attacker may try; each refusal starts from a request that passes."""

import hmac
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.incoming import check, read_claim
from fedcoop.kernel.errors import BadSignature, MalformedSignature, PeerError
from tests.unit.federation.signatures.helpers import (
    ED25519_KEY_ID,
    NOW,
    RSA_KEY_ID,
    changed,
    ed25519_key,
    get,
    post,
    rsa_key,
    with_headers,
)

FORMS = {"cavage": cavage, "rfc9421": rfc9421}


def signed(form: str, message=None, now=NOW):
    message = message or post()
    return with_headers(message, FORMS[form].sign(message, key=rsa_key(), key_id=RSA_KEY_ID, now=now))


def value(message, name: str) -> str:
    return message.values(name)[0]


def refusal(message, now=NOW) -> tuple[type[PeerError], str]:
    with pytest.raises(PeerError) as caught:
        read_claim(message, now)
    return type(caught.value), caught.value.code


def by_hand(lines: list[str], parameters: str, key=None):
    """A post signed in cavage's form over any lines; `parameters` holds all but keyId and signature."""
    message = signed("cavage")
    signature = b64encode((key or rsa_key()).sign("\n".join(lines).encode())).decode()
    return with_headers(message, {"Signature": f'keyId="{RSA_KEY_ID}",{parameters},signature="{signature}"'})


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


def test_any_other_signed_header_may_occur_but_once_in_cavage():
    message = by_hand([], 'headers="(request-target) host date digest x-more"')
    assert refusal(with_headers(message, {})) == (BadSignature, "header-missing")
    doubled = changed(message, headers=(*message.headers, ("x-more", "a"), ("x-more", "b")))
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


def test_a_query_may_be_missing_from_the_signature_of_a_get_and_of_nothing_else():
    for message, passes in ((get(), True), (post("/actors/bread"), False)):
        with_query = changed(signed("cavage", message), target="/actors/bread?page=1")
        assert check(read_claim(with_query, NOW), rsa_key().public()) is passes
    assert read_claim(signed("cavage", get()), NOW).base_without_query is None


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
