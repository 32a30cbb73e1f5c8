"""What counts as a usable key, and that a key alone decides how a signature is checked."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.federation.signatures.keys import load_private, load_public, multikey
from fedcoop.kernel import base58
from fedcoop.kernel.errors import BadSignature, ConfigError

FEP_PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
FEP_SEED = bytes.fromhex("c96ef9ea10c5e414c471723aff9de72c35fa5b70fae97e8832ecac7d2e2b8ed6")


def spki(key) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def pair():
    return new_keys()


@pytest.mark.parametrize("index", [0, 1])
def test_a_new_key_signs_and_its_published_half_verifies(pair, index):
    new = pair[index]
    private = load_private(new.secret, trusted=True)
    public = load_public(new.algorithm, new.material)
    assert private.algorithm == public.algorithm == new.algorithm
    signature = private.sign(b"data")
    assert public.verify(signature, b"data")
    assert private.public().verify(signature, b"data")
    assert not public.verify(signature, b"other")
    assert not public.verify(signature[:-1], b"data")
    assert not public.verify(b"", b"data")


def test_a_private_key_does_not_show_itself(pair):
    assert repr(load_private(pair[1].secret)) == "PrivateKey(ed25519)"


def test_the_untrusted_way_reads_the_same_key(pair):
    assert load_private(pair[0].secret, trusted=False).public().algorithm == "rsa"


def test_multikey_text_is_that_of_fep_8b32():
    public = load_public("ed25519", FEP_PUBLIC)
    assert public.key == Ed25519PrivateKey.from_private_bytes(FEP_SEED).public_key()
    assert multikey(public) == FEP_PUBLIC


def test_an_rsa_key_has_no_multikey_text(pair):
    with pytest.raises(ValueError, match="Ed25519"):
        multikey(load_public("rsa", pair[0].material))


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_an_ed25519_key_in_pem_is_an_ed25519_key_whatever_is_announced(algorithm):
    key = Ed25519PrivateKey.from_private_bytes(FEP_SEED).public_key()
    assert load_public(algorithm, spki(key)).algorithm == "ed25519"


def test_keys_at_the_limits_of_rsa_are_used():
    for size, exponent in ((2048, 65537), (2048, 2**32 - 1), (8192, 3)):
        assert load_public("rsa", spki(rsa.RSAPublicNumbers(exponent, 2**size - 1).public_key())).algorithm == "rsa"


@pytest.mark.parametrize(
    ("size", "exponent"), [(1024, 65537), (2047, 65537), (8193, 65537), (2048, 2**32 + 1), (2048, 2**1024 + 1)]
)
def test_rsa_keys_too_weak_or_too_dear_are_refused(size, exponent):
    with pytest.raises(BadSignature) as caught:
        load_public("rsa", spki(rsa.RSAPublicNumbers(exponent, 2**size - 1).public_key()))
    assert caught.value.code == "key-unusable"


def unusable() -> dict[str, tuple[str, str]]:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    raw = base58.decode(FEP_PUBLIC[1:])
    rsa_pem = spki(rsa.RSAPublicNumbers(65537, 2**2048 - 1).public_key())
    edwards = Ed25519PrivateKey.from_private_bytes(FEP_SEED)
    private = edwards.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "empty": ("rsa", ""),
        "empty multikey": ("ed25519", ""),
        "text": ("rsa", "key"),
        "surrogate": ("rsa", "\ud800"),
        "elliptic": ("rsa", spki(elliptic.public_key())),
        "rsa as ed25519": ("ed25519", rsa_pem),
        "too long": ("rsa", rsa_pem + " " * 16 * 1024),
        "multikey as rsa": ("rsa", FEP_PUBLIC),
        "private key": ("rsa", private),
        "another multicodec": ("ed25519", "z" + base58.encode(b"\xec\x01" + raw[2:])),
        "secret multicodec": ("ed25519", "z" + base58.encode(b"\x80\x26" + raw[2:])),
        "short": ("ed25519", "z" + base58.encode(raw[:-1])),
        "long": ("ed25519", "z" + base58.encode(raw + b"\0")),
        "very long": ("ed25519", "z" + "6" * 100_000),
        "not base58": ("ed25519", FEP_PUBLIC[:-1] + "0"),
        "another multibase": ("ed25519", "u" + FEP_PUBLIC[1:]),
    }


@pytest.mark.parametrize("name", list(unusable()))
def test_what_is_no_usable_key_is_refused(name):
    algorithm, material = unusable()[name]
    with pytest.raises(BadSignature) as caught:
        load_public(algorithm, material)
    assert caught.value.code == "key-unusable"


@pytest.mark.parametrize("pem", [b"", b"nothing", FEP_PUBLIC.encode()])
def test_a_private_key_of_ours_that_cannot_be_read_is_our_own_trouble(pem):
    with pytest.raises(ConfigError) as caught:
        load_private(pem)
    assert caught.value.code == "key-unusable"


def test_a_private_key_of_another_type_is_not_used():
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ConfigError):
        load_private(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
