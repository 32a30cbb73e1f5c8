"""The `@context` values of what we publish (federation.md 3.2, 10, 13): four URLs at most, ActivityStreams first."""

from typing import Any

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
DID = "https://www.w3.org/ns/did/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
COOP = "https://w3id.org/fedcoop/ns#"
TOOT = "http://joinmastodon.org/ns#"

CONTEXT_PLAIN = ACTIVITYSTREAMS
CONTEXT_PROVEN: list[Any] = [ACTIVITYSTREAMS, DATA_INTEGRITY]
CONTEXT_MOTION: list[Any] = [
    ACTIVITYSTREAMS,
    DATA_INTEGRITY,
    {
        "coop": COOP,
        "toot": TOOT,
        "votersCount": "toot:votersCount",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
    },
]
CONTEXT_OUTCOME: list[Any] = [ACTIVITYSTREAMS, DATA_INTEGRITY, {"coop": COOP}]
CONTEXT_NOTE: list[Any] = [ACTIVITYSTREAMS, {"coop": COOP, "sensitive": "as:sensitive", "Hashtag": "as:Hashtag"}]
CONTEXT_ACTOR: list[Any] = [
    ACTIVITYSTREAMS,
    SECURITY,
    DID,
    {
        "coop": COOP,
        "toot": TOOT,
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
        "Multikey": "https://w3id.org/security#Multikey",
        "publicKeyMultibase": {
            "@id": "https://w3id.org/security#publicKeyMultibase",
            "@type": "https://w3id.org/security#multibase",
        },
        "affiliations": {"@id": "https://w3id.org/fep/5219/affiliations", "@type": "@id"},
    },
]
