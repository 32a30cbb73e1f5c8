"""How the pipeline ends early: with a status and a code, or with 202 and nothing more (federation.md 8.1)."""


class Refusal(Exception):
    """The request is answered with `status` and `{"error": code}`; `counts` where it is a failed signature."""

    def __init__(self, status: int, code: str, *, retry_after_s: float = 0.0, counts: bool = False) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.counts = counts


class Accepted(Exception):
    """The request is answered with 202 and has no effect."""
