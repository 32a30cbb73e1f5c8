"""Keys that sign and verify: RSA PKCS#1 v1.5 with SHA-256, and Ed25519 (federation.md 5.2.3, dependencies.md).

What a key is decides how a signature is checked; nothing in a message ever does. Parse a key once and keep the object.
"""

from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from fedcoop.kernel import base58
from fedcoop.kernel.errors import BadSignature, ConfigError

Algorithm = Literal["rsa", "ed25519"]

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
MAX_EXPONENT = 2**32 - 1
MAX_PEM_CHARS = 16 * 1024
_MULTIKEY_CHARS = 48
_ED25519_PREFIX = b"\xed\x01"
_ED25519_BYTES = 32
_PADDING = PKCS1v15()
_HASH = SHA256()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that passed the limits of `load_public`."""

    key: RSAPublicKey | Ed25519PublicKey

    @property
    def algorithm(self) -> Algorithm:
        """Return the type of the key."""
        return "rsa" if isinstance(self.key, RSAPublicKey) else "ed25519"

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Return whether this key signed exactly `data`."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, data, _PADDING, _HASH)
            else:
                self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A private key of ours. Its text form tells the type only."""

    key: RSAPrivateKey | Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm})"

    @property
    def algorithm(self) -> Algorithm:
        """Return the type of the key."""
        return "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`; the interpreter's lock is released meanwhile."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, _PADDING, _HASH)
        return self.key.sign(data)

    def public(self) -> PublicKey:
        """Return the public half."""
        return PublicKey(self.key.public_key())


def load_public(algorithm: Algorithm, material: str) -> PublicKey:
    """Return the key published as `material`: PEM, or Multikey text for Ed25519 (W3C Controlled Identifiers §2.2.2).

    PEM may hold an Ed25519 key whatever is announced: the result then is an Ed25519 key.
    Raises BadSignature `key-unusable` for anything else, and for RSA keys too weak or too dear to verify with.
    """
    if algorithm == "ed25519" and material.startswith("z"):
        return _from_multikey(material)
    key = _from_pem(material)
    if algorithm == "ed25519" and key.algorithm != "ed25519":
        raise BadSignature("key-unusable", reason="algorithm")
    return key


def load_private(pem: bytes, trusted: bool = True) -> PrivateKey:
    """Return the private key in PKCS#8 or PKCS#1 PEM; `trusted` (we made it) leaves out the 30 ms of checks.

    Raises ConfigError `key-unusable`.
    """
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=trusted)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError("key-unusable") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError("key-unusable")
    return PrivateKey(key)


def multikey(public: PublicKey) -> str:
    """Return the Multikey text (`z6Mk…`) of an Ed25519 key. Raises ValueError for another key."""
    if not isinstance(public.key, Ed25519PublicKey):
        raise ValueError("only Ed25519 keys are published as Multikey")
    return "z" + base58.encode(_ED25519_PREFIX + public.key.public_bytes_raw())


def _from_multikey(text: str) -> PublicKey:
    try:
        data = base58.decode(text[1:]) if len(text) == _MULTIKEY_CHARS else b""
        if len(data) != len(_ED25519_PREFIX) + _ED25519_BYTES or not data.startswith(_ED25519_PREFIX):
            raise BadSignature("key-unusable", reason="multikey")
        return PublicKey(Ed25519PublicKey.from_public_bytes(data.removeprefix(_ED25519_PREFIX)))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("key-unusable", reason="multikey") from error


def _from_pem(text: str) -> PublicKey:
    if len(text) > MAX_PEM_CHARS:
        raise BadSignature("key-unusable", reason="too-long")
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("key-unusable", reason="pem") from error
    if isinstance(key, RSAPublicKey):
        _check_rsa(key)
    elif not isinstance(key, Ed25519PublicKey):
        raise BadSignature("key-unusable", reason="algorithm")
    return PublicKey(key)


def _check_rsa(key: RSAPublicKey) -> None:
    exponent = key.public_numbers().e
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise BadSignature("key-unusable", reason="size")
    if exponent < 3 or exponent > MAX_EXPONENT or exponent % 2 == 0:
        raise BadSignature("key-unusable", reason="exponent")
