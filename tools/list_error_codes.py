"""Writes docs/errors.md: every error code with its kind and sentence, as the code says them. Run after adding a code."""

import ast
import sys
from pathlib import Path

from fedcoop.federation.remote.sentences import SENTENCES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/errors.md"
KINDS = (
    *("FedcoopError", "Refused", "NotFound", "NotAllowed", "Invalid", "Conflict", "BallotRefused", "MotionRefused"),
    *("PeerError", "MalformedActivity", "MalformedSignature", "BadSignature", "OriginMismatch", "PeerUnreachable"),
    *("PeerGone", "PeerSaidNo", "ConfigError", "Denied"),
)
HEAD = """# Error codes

Codes are stable: programs and tests may rely on them; sentences may change. Pages, the API and the command line say the
sentence, logs hold the code. Several places may give one code; the sentence below is the first of them, or what a person
hears who looked somebody up. Made by `tools/list_error_codes.py`.

| code | kind | says |
| --- | --- | --- |
"""


def codes() -> dict[str, tuple[str, str]]:
    """Return kind and sentence by code, for every error that the code makes with a literal code."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((ROOT / "fedcoop").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                code = _literal(node.args[0])
                if code and "…" not in code:
                    sentence = _literal(node.args[1]) if len(node.args) > 1 else ""
                    if code not in found or not found[code][1]:
                        found[code] = (node.func.id, sentence)
    told = {code: SENTENCES.get(code, "").replace("{host}", "…").replace("{status}", "…") for code in found}
    return {code: (kind, told[code] or sentence) for code, (kind, sentence) in found.items()}


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def page() -> str:
    """Return the text of the page."""
    rows = (
        f"| `{code}` | {kind} | {sentence.replace('|', chr(92) + '|')} |"
        for code, (kind, sentence) in sorted(codes().items())
    )
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(codes())} codes\n")
