"""Passwords that are accepted, hashes that fit them alone, and keys that match their public halves."""

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.accounts.credentials import check_password, hash_password, needs_rehash, password_fits
from fedcoop.federation.signatures.keys import load_private, load_public
from fedcoop.kernel.errors import Invalid


@pytest.mark.parametrize(
    "password", ["four small words", "x1y2z3w4v5", "p" * 996 + "abcd", "пароль из слов", "noor and more"]
)
def test_a_long_enough_password_is_taken(password: str) -> None:
    check_password(password, own_words=("noor", "noor@example.org"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("nine char", "password-short"),
        ("a" * 1001, "password-long"),
        ("1234567890", "password-common"),
        ("QwertyUiop", "password-common"),
        ("ababababab", "password-common"),
        ("aaaaaaaaaaaa", "password-common"),
        ("Noor@Example.org", "password-common"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, own_words=("noor", "noor@example.org"))
    assert (refused.value.code, refused.value.field) == (code, "password")


def test_a_hash_fits_its_password_only_and_nobodys_fits_nothing() -> None:
    stored = hash_password("four small words")
    assert stored.startswith("$argon2id$")
    assert "four" not in stored
    assert hash_password("four small words") != stored
    assert password_fits(stored, "four small words")
    for wrong in ("four small word", "Four small words", "", "four small words "):
        assert not password_fits(stored, wrong)
    for none in ("", "nonsense", "$argon2id$v=19$broken"):
        assert not password_fits(none, "four small words")
    assert not password_fits("", "nobody at all, ever")
    assert not needs_rehash(stored)
    assert needs_rehash(stored.replace("t=2", "t=1"))


def test_new_keys_are_pairs_of_the_two_kinds() -> None:
    rsa, edwards = new_keys()
    assert [(key.algorithm, key.fragment) for key in (rsa, edwards)] == [
        ("rsa", "main-key"),
        ("ed25519", "ed25519-key"),
    ]
    assert edwards.material.startswith("z6Mk")
    for key in (rsa, edwards):
        private, public = load_private(key.secret), load_public(key.algorithm, key.material)  # type: ignore[arg-type]
        assert public.verify(private.sign(b"words"), b"words")
        assert not public.verify(private.sign(b"words"), b"other words")
        assert key.secret.decode() not in repr(private)
    opened = load_pem_private_key(rsa.secret, None)
    assert isinstance(opened, RSAPrivateKey)
    assert (opened.key_size, opened.public_key().public_numbers().e) == (2048, 65537)
