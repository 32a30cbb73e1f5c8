"""Which Content-Type makes a document ActivityPub: compared as parsed, never by prefix (CVE-2024-25623)."""

AS2 = "https://www.w3.org/ns/activitystreams"


def is_activitypub_media_type(value: str) -> bool:
    """Return whether a Content-Type is `application/activity+json`, or `application/ld+json` with the AS2 profile.

    A charset other than utf-8 is refused, so is a parameter given twice.
    """
    media_type, *pieces = value.split(";")
    media_type = media_type.strip().lower()
    if media_type not in ("application/activity+json", "application/ld+json"):
        return False
    parameters = _parameters(pieces)
    if parameters is None or parameters.get("charset", "utf-8").lower() != "utf-8":
        return False
    return media_type == "application/activity+json" or AS2 in parameters.get("profile", "").split()


def _parameters(pieces: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for piece in pieces:
        name, equals, text = (part.strip() for part in piece.partition("="))
        if not name and not equals:
            continue
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
        if not equals or '"' in text or name.lower() in found:
            return None
        found[name.lower()] = text
    return found
