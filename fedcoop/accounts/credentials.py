"""Passwords: what is accepted, and their argon2id hashes (dependencies.md "Accounts").

Hashing takes some 20 ms of one core: always in a thread, never on the event loop, never in a unit of work.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fedcoop.kernel.errors import Invalid

MIN_LENGTH = 10
MAX_LENGTH = 1000
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_TOO_COMMON = frozenset({"password12", "1234567890", "qwertyuiop", "passwordpassword", "0123456789", "letmeinletmein"})


def check_password(password: str, *, own_words: tuple[str, ...] = ()) -> None:
    """Raise Invalid (`password-short`, `password-long`, `password-common`) unless the password is good enough."""
    if len(password) < MIN_LENGTH:
        hint = "A few words together are easy to keep."
        raise Invalid("password-short", f"Use at least {MIN_LENGTH} characters. {hint}", field="password")
    if len(password) > MAX_LENGTH:
        raise Invalid("password-long", f"Use at most {MAX_LENGTH} characters.", field="password")
    plain = password.lower()
    if plain in _TOO_COMMON or len(set(plain)) < 4 or plain in {word.lower() for word in own_words}:
        raise Invalid(
            "password-common", "That password is among the first to be guessed. Choose another.", field="password"
        )


def hash_password(password: str) -> str:
    """Return the argon2id hash with its parameters."""
    return _hasher.hash(password)


def password_fits(stored: str, password: str) -> bool:
    """Return whether the password fits the stored hash; without a hash it takes as long and is False."""
    try:
        return _hasher.verify(stored or _nobody(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Return whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    """Return a hash that fits nothing typed, so that an unknown address takes as long as a known one."""
    return _hasher.hash("nobody at all, ever")
