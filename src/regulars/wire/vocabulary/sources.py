"""What a program document may say of other systems' webhooks: how they are signed, and what they mean."""

import re

from regulars.kernel.program import JsonPath
from regulars.wire.mapping.paths import PATH, parse_path
from regulars.wire.shapes import Key, ListOf, Scalar, Table, text, word
from regulars.wire.vocabulary.identities import IDENTIFIED_BY
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.words import EVENT, ID


def _path_meant(written: str) -> str | None:
    near = "$." + written.removeprefix("$").removeprefix(".")
    return near if parse_path(near) else None


def _path_or_text(written: str) -> JsonPath | str | None:
    if written.startswith("$"):
        return parse_path(written)
    return FIXED.parse(written)  # type: ignore[no-any-return]


FIXED = text("a text of at most 200 characters", longest=200)
PATH_SHAPE = Scalar(
    "a path such as “$.ticket.id”: names behind points, places as [0], 20 at most",
    parse_path,
    {"type": "string", "pattern": f"^{PATH}$"},
    _path_meant,
)
PATH_OR_TEXT = Scalar(
    "a path such as “$.ticket.topic”, or a fixed text of at most 200 characters",
    _path_or_text,
    {"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": 1_000},
    lambda written: _path_meant(written) if written.startswith("$") else None,
)
HEADER = Scalar(
    "the name of a header, such as “X-Signature”",
    lambda written: written if re.fullmatch("[A-Za-z][A-Za-z0-9_-]{0,99}", written) else None,
    {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,99}$"},
)
PROPERTY = Scalar(
    "the name of a property, of at most 60 characters",
    lambda written: text("", longest=60).parse(written),
    {"type": "string", "minLength": 1, "maxLength": 60},
)

SIGNATURE = Table(
    {
        "header": Key(HEADER, "the header in which the signature comes", required=True),
        "algorithm": Key(
            word(("hmac_sha256",)), "a hash of the raw body with the shared secret", default="hmac_sha256"
        ),
        "encoding": Key(word(("hex", "base64")), "how the hash is written; `hex` where nothing is said", default="hex"),
        "prefix": Key(text("a text of at most 100 characters"), "what stands before the hash, such as `sha256=`"),
    },
    "a table such as {header: X-Signature, encoding: hex}",
)

MAP = Table(
    {
        "when": Key(
            MapBy(
                PATH_SHAPE,
                ListOf(FIXED, "a value, or a list of values", or_one=True),
                'a table from paths to values, such as {"$.type": ticket.opened}',
            ),
            "payloads that have one of the values at every path; all where nothing is said",
        ),
        "event": Key(EVENT, "what they say: the name of a behaviour", required=True),
        "message_id": Key(
            PATH_SHAPE, "the id of this message, the same when it is sent again; else a hash of the payload"
        ),
        "at": Key(PATH_SHAPE, "when it happened; else the moment it came"),
        "identify": Key(
            MapBy(
                IDENTIFIED_BY, PATH_SHAPE, "a table from kinds of identities to paths, such as {email: $.user.email}"
            ),
            "who did it, by one kind of identity or more",
            required=True,
        ),
        "properties": Key(
            MapBy(PROPERTY, PATH_OR_TEXT, "a table from properties to paths, such as {topic: $.ticket.topic}"),
            "what else is kept of it",
        ),
    },
    "a map: a table with “event”, “identify” and mostly “when”",
)

SOURCE = Table(
    {
        "id": Key(ID, "the source's name, a part of its address", required=True),
        "signature": Key(SIGNATURE, "how the sender proves itself", required=True),
        "maps": Key(ListOf(MAP, "a list of maps"), "what its payloads mean; the first that fits counts", required=True),
    },
    "a source: a table with “id”, “signature” and “maps”",
)
