"""Secrets at rest: opened by the key that sealed them and by no other."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from fedcoop.kernel.errors import ConfigError
from fedcoop.storage.instance.vault import Vault, load_vault, token_hash


def test_what_one_key_sealed_opens_with_it_only() -> None:
    vault, other = Vault(Fernet.generate_key()), Vault(Fernet.generate_key())
    sealed = vault.seal(b"a private key")
    assert b"private" not in sealed
    assert vault.seal(b"a private key") != sealed
    assert vault.open(sealed) == b"a private key"
    for wrong, text in ((other, sealed), (vault, sealed[:-4] + b"AAAA"), (vault, b""), (vault, b"nonsense")):
        with pytest.raises(ConfigError) as refused:
            wrong.open(text)
        assert refused.value.code == "instance-key-wrong"


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 44, b"A" * 42])
def test_a_key_must_be_a_key(key: bytes) -> None:
    with pytest.raises(ConfigError) as refused:
        Vault(key)
    assert refused.value.code == "instance-key-bad"


def test_a_key_file_is_the_owners_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "instance.key"
    vault = Vault.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.load(path).open(vault.seal(b"x")) == b"x"
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        Vault.create(path)
    assert path.read_bytes() == before
    with pytest.raises(ConfigError) as missing:
        Vault.load(tmp_path / "nothing")
    assert missing.value.code == "instance-key-missing"


def test_the_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Fernet.generate_key()
    monkeypatch.setenv("FEDCOOP_INSTANCE_KEY", key.decode())
    assert load_vault(str(tmp_path / "nothing")).open(Fernet(key).encrypt(b"x")) == b"x"
    monkeypatch.delenv("FEDCOOP_INSTANCE_KEY")
    with pytest.raises(ConfigError):
        load_vault(str(tmp_path / "nothing"))


def test_tokens_are_stored_as_their_hash() -> None:
    assert token_hash("secret") == token_hash("secret") != token_hash("secret ")
    assert len(token_hash("")) == 32
