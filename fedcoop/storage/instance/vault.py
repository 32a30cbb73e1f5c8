"""Secrets at rest: encrypted with the instance key, which lies outside the database (federation.md 3.4)."""

import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from fedcoop.kernel.errors import ConfigError


class Vault:
    """Encrypts and decrypts small secrets with one Fernet key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise ConfigError(
                "instance-key-bad", "The instance key is not a Fernet key; restore the key file from your backup."
            ) from error

    def __reduce__(self) -> tuple[type["Vault"], tuple[bytes]]:
        """A process of ours gets it by a pipe, never by a file or its arguments."""
        return Vault, (self._key,)

    def seal(self, plain: bytes) -> bytes:
        """Return `plain` encrypted."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed. Raises ConfigError if another key sealed it."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise ConfigError(
                "instance-key-wrong",
                "The instance key does not open this database; restore the key file that belongs to it.",
            ) from error

    @staticmethod
    def create(path: Path) -> "Vault":
        """Write a new key to `path` (0600), which must not exist, and return its vault."""
        key = Fernet.generate_key()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key + b"\n")
        return Vault(key)

    @staticmethod
    def load(path: Path) -> "Vault":
        """Return the vault of the key file. Raises ConfigError if it cannot be read."""
        try:
            return Vault(path.read_bytes().strip())
        except OSError as error:
            raise ConfigError(
                "instance-key-missing",
                f"The key file {path} cannot be read: {error.strerror}. Restore it from your backup.",
            ) from error


def token_hash(secret: str) -> bytes:
    """Return what is stored of a random secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


def load_vault(key_file: str) -> Vault:
    """Return the vault of FEDCOOP_INSTANCE_KEY if that is set, else of the key file. Raises ConfigError."""
    key = os.environ.get("FEDCOOP_INSTANCE_KEY", "")
    return Vault(key.encode()) if key else Vault.load(Path(key_file))
