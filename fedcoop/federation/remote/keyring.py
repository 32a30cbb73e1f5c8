"""Our private keys, opened once and kept in memory: parsing one takes longer than signing with it (dependencies.md)."""

from functools import lru_cache

from fedcoop.federation.signatures.keys import PrivateKey, load_private
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.instance.vault import Vault
from fedcoop.storage.records import ActorKey


@lru_cache(maxsize=1024)
def _opened(vault: Vault, sealed: bytes) -> PrivateKey:
    return load_private(vault.open(sealed), trusted=True)


def private_key(vault: Vault, key: ActorKey) -> PrivateKey:
    """Return the private key of one of our actors. Raises NotFound for a remote one, ConfigError if the vault is another's."""
    if key.secret is None:
        raise NotFound("key-missing", key=key.key_id)
    return _opened(vault, key.secret)
