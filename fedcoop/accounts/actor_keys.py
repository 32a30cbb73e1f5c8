"""Key pairs for actors of ours: RSA-2048 for HTTP signatures, Ed25519 for proofs (federation.md 3.4).

Making RSA keys takes some tenths of a second: never in a unit of work of a running server, never on the event loop.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fedcoop.kernel import base58

_ED25519_PREFIX = b"\xed\x01"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair: public `material` as published (PEM or Multikey text), `secret` the private PEM in clear."""

    algorithm: str
    fragment: str
    material: str
    secret: bytes


def new_keys() -> tuple[NewKey, NewKey]:
    """Return a new RSA and a new Ed25519 key pair with the fragments of federation.md 3.1."""
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    edwards = Ed25519PrivateKey.generate()
    pem = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    raw = edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return (
        NewKey("rsa", "main-key", pem, rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        NewKey(
            "ed25519",
            "ed25519-key",
            "z" + base58.encode(_ED25519_PREFIX + raw),
            edwards.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ),
    )
