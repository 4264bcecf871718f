"""The OpenAPI document: what every route takes and every status it gives, held against the running app by its tests.

It is written here and not derived from the handlers: those read raw bodies, which no signature shows. The shapes of answers
and the codes of problems come from the types that are answered with, so that these cannot drift apart.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import Response, get

from regulars.web.api.commands import HIT_HEADER, KEY_HEADER
from regulars.web.api.consents import ConsentsAnswer, ConsentToConfirm, ConsentTold, LinkAnswer
from regulars.web.api.customers import MOST_PER_PAGE, USUAL_PER_PAGE, Lookup
from regulars.web.api.entitlements import PerkAsked
from regulars.web.api.forecast import OrderToTry
from regulars.web.api.identification import USUAL_DAYS, IdentificationAnswer
from regulars.web.api.levels import LevelToSet
from regulars.web.api.people import Merging, Parting, Who
from regulars.web.api.points import (
    PointsToAdjust,
    PointsToExtend,
    PointsToReserve,
    PointsToSpend,
    PointsToTransfer,
    ReservationToRelease,
    SpendingToReverse,
)
from regulars.web.api.returns import OrderBack
from regulars.web.api.segments import (
    MOST_ASKED,
    ConditionToTry,
    CustomerSegmentsAnswer,
    ManyCustomers,
    MembersAnswer,
    MembershipsAnswer,
    PreviewedAnswer,
    SegmentsAnswer,
)
from regulars.web.api.tracking import TYPES, paths_of
from regulars.web.api.webhook_endpoints import (
    AT,
    DeliveriesAnswer,
    EndpointAnswer,
    EndpointChanges,
    EndpointsAnswer,
    EndpointToAdd,
    MessageAnswer,
    MessageToRetry,
    MessageToTest,
    RemovedAnswer,
    RetriedAnswer,
    SecretAnswer,
    SecretToRotate,
)
from regulars.web.keyring import MOST_KEY_CHARACTERS
from regulars.web.problems import MEDIA_TYPE, Code, ProblemDetails
from regulars.wire.answers import (
    AdjustmentAnswer,
    BooksAnswer,
    CustomerAnswer,
    EntitlementAnswer,
    EntitlementsAnswer,
    ErasedAnswer,
    ExplainAnswer,
    ExtensionAnswer,
    ForecastAnswer,
    GamesAnswer,
    HowItWorksAnswer,
    LedgerAnswer,
    LevelAnswer,
    LiabilityAnswer,
    MergedAnswer,
    MovementAnswer,
    PreviewAnswer,
    ReadmittedAnswer,
    ReturnAnswer,
    Taken,
    TransferAnswer,
)
from regulars.wire.events import MOST_BODY_BYTES, MOST_EVENT_BYTES, MOST_EVENTS
from regulars.wire.webhooks import MOST_DELIVERY_BYTES

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = f"""\
Send what customers do; read what they hold and why.

**Keys.** `regulars keys create --kind public` is for browsers: it may send behaviour, it never earns and never reads.
`--kind secret` is the shop's own word: orders count from it alone, and it alone reads. The tracking routes take a key as the
user name of Basic with an empty password, as `writeKey` in the body, or as a Bearer token, in this order.

**Tracking** speaks as Segment's API does, so that its client libraries deliver unchanged; each route has the long name and its
first letter. A body is JSON under any content type, at most {MOST_BODY_BYTES:,} bytes, also when `Content-Encoding: gzip` is
unpacked. A bad event never sinks its batch: the answer is 200 and names it in `rejected`. 400 means that nothing could be read.

**Limits** hold for each address and for each key. What is more is a 429 (`too_many_requests`) of which nothing was taken;
`Retry-After` says in how many seconds to send it again.

**Problems** are RFC 9457 with a stable `code`. On any route 405 says that the method is wrong, 400
(`bad_request`) that the Host header names no host, and 500 (`failed`) that it is our fault. What is too long for the server
itself is a 414 or 431 without a body.
"""

_ASKED: Final = (Code.BAD_REQUEST, Code.TWO_AUTHORIZATIONS, Code.KEY_NEEDED, Code.KEY_UNKNOWN)
_BODY: Final = (Code.ENCODING_NOT_KNOWN, Code.BAD_GZIP, Code.BODY_CUT_OFF, Code.TOO_LARGE)
_JSON: Final = (Code.NOT_UTF8, Code.NOT_JSON, Code.NOT_AN_OBJECT)
_READ: Final = (*_ASKED, Code.SECRET_KEY_NEEDED, Code.BAD_IDENTITY, Code.CUSTOMER_NOT_FOUND, Code.BUSY)
_PATH: Final = (Code.IDENTITY_IN_PATH, Code.NOT_FOUND, Code.PATH_TOO_LONG)
_NAMED: Final = (Code.WEBHOOK_NOT_FOUND, Code.NOT_FOUND, Code.PATH_TOO_LONG)
_FIGURES: Final = (*_ASKED, Code.SECRET_KEY_NEEDED, Code.BAD_PERIOD, Code.BUSY, Code.NO_PROGRAM)
_COMMAND: Final = (
    *(*_ASKED, Code.SECRET_KEY_NEEDED, *_BODY, Code.BAD_BODY, Code.IDEMPOTENCY_KEY_NEEDED),
    *(Code.IDEMPOTENCY_KEY_REUSED, Code.BUSY, Code.NO_PROGRAM),
)
_OF_POINTS: Final = (*_COMMAND, Code.BAD_IDENTITY, Code.CUSTOMER_NOT_FOUND)
_ENDPOINTS: Final = (*_ASKED, Code.SECRET_KEY_NEEDED, Code.BUSY)
PROBLEMS: Final[Mapping[str, tuple[Code, ...]]] = {
    "Event": (*_ASKED, *_BODY, *_JSON, Code.BUSY, Code.NO_PROGRAM),
    "Batch": (*_ASKED, *_BODY, *_JSON, Code.NO_BATCH, Code.BUSY, Code.NO_PROGRAM),
    "Customer": (*_READ, *_PATH),
    "Then": (*_READ, *_PATH, Code.BAD_PERIOD),
    "List": (*_READ, *_PATH, Code.BAD_CURSOR, Code.BAD_LIMIT),
    "Lookup": (*_READ, *_BODY, Code.BAD_BODY),
    "Entitlements": (*_READ, *_PATH, Code.NO_PROGRAM),
    "Entitlement": (
        *_ASKED,
        *_BODY,
        Code.SECRET_KEY_NEEDED,
        Code.BAD_IDENTITY,
        Code.BAD_BODY,
        Code.BUSY,
        Code.NO_PROGRAM,
    ),
    "Identification": _FIGURES,
    "Liability": _FIGURES,
    "Books": (*_FIGURES, *_PATH),
    "HowItWorks": (*_ASKED, Code.SECRET_KEY_NEEDED, Code.BUSY, Code.NO_PROGRAM),
    "Person": (*_READ, *_BODY, Code.BAD_BODY, Code.NO_PROGRAM),
    "Merging": (*_READ, *_BODY, Code.BAD_BODY, Code.NOT_POSSIBLE, Code.NO_PROGRAM),
    "Link": (*_READ, *_BODY, Code.BAD_BODY, Code.NOT_POSSIBLE, Code.NO_PROGRAM),
    "Consents": (*_READ, *_PATH, *_BODY, Code.BAD_BODY, Code.NOT_POSSIBLE, Code.NO_PROGRAM),
    "Project": (Code.BAD_REQUEST, Code.BAD_HOST, Code.SITE_NOT_FOUND, Code.NOT_FOUND, Code.PATH_TOO_LONG, Code.BUSY),
    "Source": (*_ASKED, Code.BUSY),
    "Readiness": (Code.NOT_READY, Code.BUSY),
    "Segments": (*_ASKED, Code.SECRET_KEY_NEEDED, Code.BUSY, Code.NO_PROGRAM),
    "Members": (
        *_ASKED,
        Code.SECRET_KEY_NEEDED,
        Code.SEGMENT_NOT_FOUND,
        Code.NOT_FOUND,
        Code.PATH_TOO_LONG,
        Code.BAD_CURSOR,
        Code.BAD_LIMIT,
        Code.BUSY,
        Code.NO_PROGRAM,
    ),
    "Memberships": (*_ASKED, *_BODY, Code.SECRET_KEY_NEEDED, Code.BAD_IDENTITY, Code.BAD_BODY, Code.BUSY),
    "Trying": (*_ASKED, *_BODY, Code.SECRET_KEY_NEEDED, Code.BAD_BODY, Code.BUSY, Code.NO_PROGRAM),
    "Forecast": (
        *(*_ASKED, *_BODY, Code.SECRET_KEY_NEEDED, Code.BAD_BODY, Code.BAD_AMOUNT, Code.BAD_IDENTITY),
        *(Code.CUSTOMER_NOT_FOUND, Code.BUSY, Code.NO_PROGRAM),
    ),
    "Return": (*_COMMAND, Code.BAD_AMOUNT, Code.UNKNOWN_ORDER, Code.NOTHING_LEFT, Code.MORE_THAN_THE_ORDER),
    "Reserving": (*_OF_POINTS, Code.NOT_ENOUGH_POINTS, Code.TOO_MANY_RESERVATIONS),
    "Releasing": (*_OF_POINTS, Code.UNKNOWN_RESERVATION),
    "Spending": (*_OF_POINTS, Code.NOT_ENOUGH_POINTS),
    "Reversing": (*_OF_POINTS, Code.UNKNOWN_SPENDING, Code.REVERSED_ALREADY),
    "Adjusting": (*_OF_POINTS, Code.NOT_ENOUGH_POINTS),
    "Extending": _OF_POINTS,
    "Transfer": (*_OF_POINTS, Code.NOT_ENOUGH_POINTS, Code.SAME_CUSTOMER, Code.NOT_A_MEMBER),
    "Endpoints": _ENDPOINTS,
    "Endpoint": (*_ENDPOINTS, *_NAMED),
    "Adding": (*_ENDPOINTS, *_BODY, Code.BAD_BODY, Code.NOT_POSSIBLE),
    "Changing": (
        *_ENDPOINTS,
        *_NAMED,
        *_BODY,
        Code.BAD_BODY,
        Code.NOT_POSSIBLE,
    ),
    "Deliveries": (
        *_ENDPOINTS,
        *_NAMED,
        Code.BAD_CURSOR,
        Code.BAD_LIMIT,
    ),
    "Webhook": (
        Code.BAD_REQUEST,
        *_BODY,
        Code.SIGNATURE_WRONG,
        Code.NOT_FOUND,
        Code.PATH_TOO_LONG,
        Code.BUSY,
        Code.NO_PROGRAM,
    ),
}
"""Which routes say which "no"."""

UNCOUNTED: Final = ("Readiness",)
"""Of these, the ones without limits."""


@get("/openapi.json", sync_to_thread=False)
def openapi() -> Response[bytes]:
    return Response(document_json(), media_type="application/json", headers={"Cache-Control": "no-cache"})


@cache
def document_json() -> bytes:
    return msgspec.json.encode(document())


def document() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Regulars",
            "version": version("regulars"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "tracking", "description": "What customers do, as Segment's clients send it."},
            {"name": "customers", "description": "What they hold and why. Secret key only."},
            {"name": "points", "description": "Returns, spending, points by hand: commands. Secret key only."},
            {"name": "segments", "description": "Who belongs together: how many, who, since when. Secret key only."},
            {"name": "consents", "description": "What people agreed to, and links to change it. Secret key only."},
            {"name": "people", "description": "Export, erase, merge. Secret key only."},
            {"name": "webhooks", "description": "What other systems tell, each with a signature of its own. No key."},
            {"name": "webhook endpoints", "description": "Which systems are told what happens. Secret key only."},
            {"name": "settings", "description": "What browser libraries fetch first."},
            {"name": "operation", "description": "For whoever runs it. No key."},
        ],
        "paths": {
            **_tracking(),
            **_customers(),
            **_points(),
            **_segments(),
            **_people(),
            **_consents(),
            **_webhooks(),
            **_webhook_endpoints(),
            **_settings(),
            **_operation(),
        },
        "components": {
            "schemas": _schemas(),
            "responses": _responses(),
            "headers": _HEADERS,
            "securitySchemes": _security_schemes(),
        },
    }


# --- tracking --------------------------------------------------------------------------------------------------------


def _tracking() -> Json:
    paths: Json = {}
    for name in (*TYPES, "batch"):
        for path in paths_of(name):
            paths[path] = {"post": _tracked(name, short=len(path) == len("/v1/x"))}
    return paths


def _tracked(name: str, *, short: bool) -> Json:
    schema = "Batch" if name == "batch" else name.capitalize()
    return {
        "operationId": name + ("Short" if short else ""),
        "tags": ["tracking"],
        "summary": _SUMMARIES[name] + (f" Short for `/v1/{name}`." if short else ""),
        "security": [{"keyAsUser": []}, {"key": []}, {}],
        "requestBody": {
            "required": True,
            "description": "JSON under any content type; with `Content-Encoding: gzip` it may be packed.",
            "content": {"application/json": {"schema": _ref(schema), "example": _EXAMPLES[name]}},
        },
        "responses": {
            "200": _ok(_WHAT_WAS_TAKEN, "Taken", _TAKEN_AND_MOVED, {"X-Regulars-Rejected": _header("Rejected")}),
            **_problems("Batch" if name == "batch" else "Event"),
        },
    }


_SUMMARIES: Final = {
    "identify": "Say who somebody is.",
    "track": "Say what somebody did; with a secret key, `Order Completed` is an order.",
    "page": "Say which page was seen.",
    "screen": "Say which screen of an app was seen.",
    "group": "Say which group somebody belongs to.",
    "alias": "Say that two ids are one person.",
    "batch": f"Send up to {MOST_EVENTS:,} events of any type at once.",
}
_ENVELOPE: Final[Json] = {
    "messageId": "0f0d9f3e-order-1001",
    "timestamp": "2024-05-17T09:30:00Z",
}
_EXAMPLES: Final[Mapping[str, Json]] = {
    "identify": {"userId": "ada", "traits": {"email": "ada@example.com"}, **_ENVELOPE},
    "track": {
        "userId": "ada",
        "event": "Order Completed",
        "properties": {
            "order_id": "1001",
            "currency": "USD",
            "products": [{"product_id": "tea", "category": "Drinks", "price": 4.50, "quantity": 2}],
        },
        **_ENVELOPE,
    },
    "page": {"anonymousId": "b5a1", "name": "Home", "properties": {"path": "/"}, **_ENVELOPE},
    "screen": {"anonymousId": "b5a1", "name": "Basket", **_ENVELOPE},
    "group": {"userId": "ada", "groupId": "staff", **_ENVELOPE},
    "alias": {"userId": "ada", "previousId": "b5a1", **_ENVELOPE},
    "batch": {
        "batch": [
            {"type": "track", "userId": "ada", "event": "Product Reviewed", "properties": {"stars": 5}, **_ENVELOPE},
            {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}, "messageId": "0f0d9f3e-2"},
        ],
        "sentAt": "2024-05-17T09:30:01Z",
    },
}
_WHAT_WAS_TAKEN: Final = (
    f"What was taken, and what not; of that at most {MOST_EVENTS:,} are listed. To a secret key also which segments somebody "
    "entered or left by it."
)
_TAKEN: Final[Json] = {"success": True, "accepted": 1, "rejected": []}
_TAKEN_AND_MOVED: Final[Json] = {
    **_TAKEN,
    "segments": [
        {
            "customer_id": "018f8a4e000070008000000000000001",
            "segment": "twice",
            "move": "entered",
            "at": "2024-05-17T09:30:00Z",
            "because": "They did “Order Completed” at least 2 times.",
            "fact_id": "018f8a4e000070008000000000000002",
        }
    ],
}


# --- customers -------------------------------------------------------------------------------------------------------


def _customers() -> Json:
    at = "/v1/customers/{identity}"
    return {
        at: {"get": _customer()},
        f"{at}/ledger": {"get": _read("ledger", "Every movement of points, newest first.", "LedgerAnswer", paged=True)},
        f"{at}/explain": {
            "get": _read("explain", "What happened and what followed, newest first.", "ExplainAnswer", paged=True)
        },
        f"{at}/level": {"post": _level_set()},
        "/v1/customers/lookup": {"post": _looked_up()},
        "/v1/identification": {"get": _identification()},
        "/v1/liability": {"get": _liability()},
        "/v1/books/{month}": {"get": _books()},
        "/v1/program/how-it-works": {"get": _how_it_works()},
        f"{at}/entitlements": {"get": _entitlements()},
        f"{at}/progress": {"get": _progress()},
        "/v1/entitlements/check": {"post": _entitled()},
    }


def _customer() -> Json:
    about = (
        "A past moment (RFC 3339), or a day at whose end it is told: points, lots and tier as they were then. Who it is, and what "
        "is known and allowed, is as of now."
    )
    moment = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].+)?$"}
    read = _read("customer", "What a customer is and holds.", "CustomerAnswer")
    asked = {"name": "as_of", "in": "query", "required": False, "description": about, "schema": moment}
    return {**read, "parameters": [*read["parameters"], asked], "responses": {**read["responses"], **_problems("Then")}}


def _read(operation: str, summary: str, answer: str, *, paged: bool = False) -> Json:
    return {
        "operationId": operation,
        "tags": ["customers"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "parameters": [_identity(), *(_paging(_CURSORS[operation]) if paged else ())],
        "responses": {
            "200": _ok(summary, answer),
            **_problems("List" if paged else "Customer"),
        },
    }


def _points() -> Json:
    ada: Json = {"kind": "user_id", "value": "ada"}
    held: Json = {"customer": ada, "reservation": "018f8a4e-0000-7000-8000-000000000000"}
    spent: Json = {"customer": ada, "spending": "018f8a4e-0000-7000-8000-000000000000"}
    adjusted: Json = {"customer": ada, "points": 20, "reason": "For the delay", "note": "Parcel 17 was lost."}
    given: Json = {"from": ada, "to": {"kind": "user_id", "value": "bea"}, "points": 10, "reason": "A present"}
    line: Json = {"amount": "12.50", "properties": {"product": "tea", "category": "Drinks"}}
    tried: Json = {"customer": ada, "lines": [line]}
    at = "/v1/points"
    return {
        "/v1/returns": _command(
            "returnOrder",
            "An order went back, or lines of it, or some of its money: its points follow.",
            "Return",
            ("OrderBack", {"order_id": "1001", "lines": [{"line": 1, "quantity": 1}]}),
            "ReturnAnswer",
        ),
        f"{at}/reservations": _command(
            "reservePoints",
            "Hold points for what is being bought.",
            "Reserving",
            ("PointsToReserve", {"customer": ada, "points": 10, "seconds": 900}),
            "MovementAnswer",
        ),
        f"{at}/reservations/release": _command(
            "releasePoints",
            "Hold them no longer.",
            "Releasing",
            ("ReservationToRelease", held),
            "MovementAnswer",
        ),
        f"{at}/spendings": _command(
            "spendPoints",
            "Spend points, out of a reservation or what is there.",
            "Spending",
            ("PointsToSpend", {"customer": ada, "points": 10, "purpose": "A cup"}),
            "MovementAnswer",
        ),
        f"{at}/spendings/reverse": _command(
            "reverseSpending",
            "Bring back what was spent, with the expiry that it had.",
            "Reversing",
            ("SpendingToReverse", spent),
            "MovementAnswer",
        ),
        f"{at}/adjustments": _command(
            "adjustPoints",
            "Give points by hand, or take some. Above the program's threshold it waits for a member of staff.",
            "Adjusting",
            ("PointsToAdjust", adjusted),
            "AdjustmentAnswer",
        ),
        f"{at}/extensions": _command(
            "extendPoints",
            "Let what a customer holds last longer. What would end later, or never, stays.",
            "Extending",
            ("PointsToExtend", {"customer": ada, "until": "2027-01-01T00:00:00Z", "reason": "We were closed"}),
            "ExtensionAnswer",
        ),
        f"{at}/transfers": _command(
            "transferPoints",
            "Give points from one member to another; they keep their age and expiry.",
            "Transfer",
            ("PointsToTransfer", given),
            "TransferAnswer",
        ),
        "/v1/orders/forecast": {
            "post": {
                "operationId": "forecast",
                "tags": ["points"],
                "summary": "What an order would earn, rule by rule, and why. Nothing comes of it.",
                "security": [{"key": []}, {"keyAsUser": []}],
                "requestBody": _body("OrderToTry", tried),
                "responses": {"200": _ok("What it would earn.", "ForecastAnswer"), **_problems("Forecast")},
            }
        },
    }


def _command(operation: str, summary: str, problems: str, body: tuple[str, Json], answer: str) -> Json:
    about = "Names this command, for ever: sent again with the same body, it is answered as the first time."
    key = {"type": "string", "pattern": "^[!-~]{1,255}$"}
    return {
        "post": {
            "operationId": operation,
            "tags": ["points"],
            "summary": summary,
            "security": [{"key": []}, {"keyAsUser": []}],
            "parameters": [
                {
                    "name": KEY_HEADER,
                    "in": "header",
                    "required": True,
                    "description": about,
                    "schema": key,
                    "example": "order-1001-return-1",
                }
            ],
            "requestBody": _body(*body),
            "responses": {
                "200": _ok(summary, answer, headers={HIT_HEADER: _header("Hit")}),
                **_problems(problems),
            },
        }
    }


def _segments() -> Json:
    security: Json = {"security": [{"key": []}, {"keyAsUser": []}], "tags": ["segments"]}
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 64}}
    listed = "Every segment of the program: who it is, how many they are, how many came and went."
    who = "Who is in a segment, and since when."
    theirs = "In which segments a customer is now, since when and why."
    many = f"The same for up to {MOST_ASKED} customers at once."
    tried = "What a condition would mean: in words, how many customers, and some of them; or what is wrong with it."
    asked: Json = {"customers": [{"kind": "user_id", "value": "ada"}, {"kind": "email", "value": "ada@example.com"}]}
    condition: Json = {"condition": {"did": "Order Completed", "at_least": 2, "within": "60 days"}}
    return {
        "/v1/segments": {
            "get": {
                **security,
                "operationId": "segments",
                "summary": listed,
                "responses": {"200": _ok(listed, "SegmentsAnswer"), **_problems("Segments")},
            }
        },
        "/v1/segments/{id}/members": {
            "get": {
                **security,
                "operationId": "segmentMembers",
                "summary": who,
                "parameters": [{**id, "example": "twice"}, *_paging("^[0-9A-Za-z-]{1,64}$")],
                "responses": {"200": _ok(who, "MembersAnswer"), **_problems("Members")},
            }
        },
        "/v1/customers/{identity}/segments": {
            "get": {**_read("customerSegments", theirs, "CustomerSegmentsAnswer"), "tags": ["segments"]}
        },
        "/v1/segments/memberships": {
            "post": {
                **security,
                "operationId": "memberships",
                "summary": many,
                "requestBody": _body("ManyCustomers", asked),
                "responses": {"200": _ok(many, "MembershipsAnswer"), **_problems("Memberships")},
            }
        },
        "/v1/segments/preview": {
            "post": {
                **security,
                "operationId": "previewSegment",
                "summary": tried,
                "requestBody": _body("ConditionToTry", condition),
                "responses": {"200": _ok(tried, "PreviewedAnswer"), **_problems("Trying")},
            }
        },
    }


def _body(schema: str, example: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": _ref(schema), "example": example}}}


def _looked_up() -> Json:
    body = {"schema": _ref("Lookup"), "example": {"kind": "email", "value": "ada@example.com"}}
    summary = "The same as GET, for identities that belong in no address: e-mail and phone."
    return {
        "operationId": "lookup",
        "tags": ["customers"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "200": _ok("What the customer is and holds.", "CustomerAnswer"),
            **_problems("Lookup"),
        },
    }


def _level_set() -> Json:
    summary = "Give a customer a level by hand, or take it back; the answer shows the level then."
    example = {"level": "gold", "until": "2025-01-01T00:00:00Z", "reason": "Gold where you came from"}
    content = {"application/json": {"schema": _ref("LevelToSet"), "example": example}}
    key = _IDEMPOTENCY | {"description": "Makes a resend the same word, for ever; without one each is a new word."}
    return {
        "operationId": "setLevel",
        "tags": ["customers"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "parameters": [_identity(), key],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": _ok(summary, "LevelAnswer"), **_problems("Consents")},
    }


def _consents() -> Json:
    read = _read("consents", "How every purpose stands, its proof, and every word about it.", "ConsentsAnswer")
    told = _consent_posted("sayConsent", _SAY, "Consents", _TOLD, "ConsentTold", "ConsentsAnswer")
    who = {"kind": "email", "value": "ada@example.com"}
    linked = _consent_posted("preferencesLink", _PREFERENCES, "Link", who, "Lookup", "LinkAnswer")
    which = {"customer": who, "purpose": "email"}
    confirmed = _consent_posted("confirmationLink", _CONFIRMATION, "Link", which, "ConsentToConfirm", "LinkAnswer")
    return {
        "/v1/customers/{identity}/consents": {
            "get": {**read, "tags": ["consents"]},
            "post": {**told, "parameters": [_identity(), _IDEMPOTENCY]},
        },
        "/v1/customers/preferences-link": {"post": linked},
        "/v1/consents/confirmation-link": {"post": confirmed},
    }


_SAY: Final = "Say what somebody agreed to, or took back, with its proof; the answer shows how everything stands then."
_PREFERENCES: Final = (
    "A link to the page on which a customer sees and changes what was agreed to. Good for thirty days."
)
_CONFIRMATION: Final = (
    "A link for the second click of a double opt-in, to be put into a mail of yours. Good for seven days."
)
_TOLD: Final[Json] = {"purpose": "email", "granted": True, "wording": "newsletter-3", "place": "checkout"}
_IDEMPOTENCY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a resend the same word, for ever. Without one `happened_at` does; without both each is a new word.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,100}$"},
}


def _consent_posted(operation: str, summary: str, routes: str, example: Json, body: str, answer: str) -> Json:
    return {
        "operationId": operation,
        "tags": ["consents"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body), "example": example}}},
        "responses": {"200": _ok(summary, answer), **_problems(routes)},
    }


def _people() -> Json:
    ada = {"kind": "email", "value": "ada@example.com"}
    who: Json = {"customer": ada}
    merging: Json = {"customer": ada, "into": {"kind": "user_id", "value": "ada"}, "why": "She told us on the phone."}
    anything: Json = {"type": "object"}
    return {
        "/v1/people/export": {
            "post": _about("export", "Everything that is kept of one person.", "Person", "Who", who, anything)
        },
        "/v1/people/erase": {
            "post": _about(
                "erase", "Forget a person. The ledger stays, without a name.", "Person", "Who", who, "ErasedAnswer"
            )
        },
        "/v1/people/readmit": {
            "post": _about(
                "readmit", "Let an erased identity be somebody anew.", "Person", "Who", who, "ReadmittedAnswer"
            )
        },
        "/v1/people/merge/preview": {
            "post": _about("previewMerge", "What a merge would do.", "Merging", "Merging", merging, "PreviewAnswer")
        },
        "/v1/people/merge": {
            "post": _about("merge", "Two accounts are one person.", "Merging", "Merging", merging, "MergedAnswer")
        },
        "/v1/people/part": {
            "post": _about("part", "Undo a merge.", "Merging", "Parting", {"record": "01a2…"}, "MergedAnswer")
        },
    }


def _about(operation: str, summary: str, problems: str, body: str, example: Json, answer: Json | str) -> Json:
    content: Json = {"schema": _ref(body), "example": example}
    ok = _ok(summary, answer) if isinstance(answer, str) else _ok(summary, "ErasedAnswer")
    if not isinstance(answer, str):
        ok["content"] = {"application/json": {"schema": answer}}
    return {
        "operationId": operation,
        "tags": ["people"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {"200": ok, **_problems(problems)},
    }


def _identification() -> Json:
    summary = "How many of those who visited are known by name, over up to 366 of the shop's days."
    usual = {"from": f"The first day; {USUAL_DAYS} days if absent.", "to": "The last day, included; today if absent."}
    asked = [
        {"name": name, "in": "query", "required": False, "description": about, "schema": _DAY}
        for name, about in usual.items()
    ]
    return {
        "operationId": "identification",
        "tags": ["customers"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "parameters": asked,
        "responses": {
            "200": _ok("The rate, and others beside it.", "IdentificationAnswer"),
            **_problems("Identification"),
        },
    }


def _liability() -> Json:
    about = "The day at whose end it is told, one of the shop's own from 1970-01-01 to today; now if absent."
    return {
        "operationId": "liability",
        "tags": ["customers"],
        "summary": "What the shop owes in points: by when it expires and by tier, and what became of each month's points.",
        "security": [{"key": []}, {"keyAsUser": []}],
        "parameters": [{"name": "on", "in": "query", "required": False, "description": about, "schema": _DAY}],
        "responses": {
            "200": _ok("What is owed, and what that costs.", "LiabilityAnswer"),
            **_problems("Liability"),
        },
    }


def _books() -> Json:
    about = "A month of the shop's own that has begun, as 2017-03."
    month = {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"}
    return {
        "operationId": "books",
        "tags": ["customers"],
        "summary": "What was written into the ledger in a month: what customers held before and after, and what moved.",
        "security": [{"key": []}, {"keyAsUser": []}],
        "parameters": [{"name": "month", "in": "path", "required": True, "description": about, "schema": month}],
        "responses": {"200": _ok("The books of the month.", "BooksAnswer"), **_problems("Books")},
    }


def _how_it_works() -> Json:
    about = "The program in force as its members read it: what earns, when it expires, levels, perks and pauses, in sentences."
    return {
        "operationId": "howItWorks",
        "tags": ["customers"],
        "summary": about,
        "security": [{"key": []}, {"keyAsUser": []}],
        "responses": {"200": _ok(about, "HowItWorksAnswer"), **_problems("HowItWorks")},
    }


def _entitlements() -> Json:
    about = "Every perk of the program: whether the customer may make use of it now, and if not, why."
    read = _read("entitlements", about, "EntitlementsAnswer")
    return {**read, "responses": {"200": _ok(about, "EntitlementsAnswer"), **_problems("Entitlements")}}


def _progress() -> Json:
    about = "How far the customer is in every game of the program, with their badges, clubs and perks to be used once."
    read = _read("progress", about, "GamesAnswer")
    return {**read, "responses": {"200": _ok(about, "GamesAnswer"), **_problems("Entitlements")}}


def _entitled() -> Json:
    about = "Whether a customer may make use of a perk; a no is a 200 with a reason, also where nobody knows them."
    example: Json = {"customer": {"kind": "user_id", "value": "ada"}, "perk": "early-access"}
    return {
        "operationId": "checkEntitlement",
        "tags": ["customers"],
        "summary": about,
        "security": [{"key": []}, {"keyAsUser": []}],
        "requestBody": _body("PerkAsked", example),
        "responses": {"200": _ok(about, "EntitlementAnswer"), **_problems("Entitlement")},
    }


_DAY: Final[Json] = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_AN_ID: Final[Json] = {
    "minLength": 1,
    "maxLength": 200,
    "allOf": [{"pattern": r"\S"}, {"pattern": r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]+$"}],
}


def _identity() -> Json:
    about = (
        "The shop's own id as it is, or `user_id:…`, `anonymous_id:…`, `id:…` (our own id). "
        "For an id with a slash in it, or one that is the word `lookup`, use the lookup route."
    )
    schema = {"type": "string", "minLength": 1, "maxLength": 200}
    return {
        "name": "identity",
        "in": "path",
        "required": True,
        "description": about,
        "schema": schema,
        "example": "ada",
    }


_CURSORS: Final = {"ledger": r"^[0-9]{1,18}\.[0-9]{1,9}$", "explain": r"^[0-9]{1,18}$"}


def _paging(cursor: str) -> tuple[Json, Json]:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": USUAL_PER_PAGE}
    about = "The `next` of the page before, as it is. Leave it out for the first page."
    return (
        {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": about,
            "schema": {"type": "string", "pattern": cursor},
        },
        {"name": "limit", "in": "query", "required": False, "schema": limit},
    )


# --- webhooks --------------------------------------------------------------------------------------------------------


def _webhooks() -> Json:
    shopify = "A delivery of Shopify's, signed in `X-Shopify-Hmac-Sha256`; `X-Shopify-Topic` says what it is about."
    woocommerce = "A delivery of WooCommerce's, signed in `X-WC-Webhook-Signature`; its unsigned ping is answered, too."
    mapped = "A delivery of a system that the program names under `sources`, signed as it says there."
    return {
        "/v1/webhooks/shopify/{connection}": {
            "post": _delivered("shopifyWebhook", shopify, "connection", MOST_DELIVERY_BYTES)
        },
        "/v1/webhooks/woocommerce/{connection}": {
            "post": _delivered("woocommerceWebhook", woocommerce, "connection", MOST_DELIVERY_BYTES)
        },
        "/v1/webhooks/{source}": {"post": _delivered("mappedWebhook", mapped, "source", MOST_BODY_BYTES)},
    }


def _delivered(operation: str, summary: str, parameter: str, most_bytes: int) -> Json:
    name = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,59}$"}
    about = f"The bytes that are signed, unpacked, at most {most_bytes:,} of them. What is refused is named in a 200."
    return {
        "operationId": operation,
        "tags": ["webhooks"],
        "summary": summary,
        "security": [],
        "parameters": [
            {"name": parameter, "in": "path", "required": True, "schema": name, "description": "As it was connected."}
        ],
        "requestBody": {
            "required": True,
            "description": about,
            "content": {"application/json": {"schema": {}, "example": {"id": 727}}},
        },
        "responses": {
            "200": _ok(_WHAT_WAS_TAKEN, "Taken", _TAKEN, {"X-Regulars-Rejected": _header("Rejected")}),
            **_problems("Webhook"),
        },
    }


# --- webhooks of our own ---------------------------------------------------------------------------------------------


def _webhook_endpoints() -> Json:
    url = "https://crm.example.com/hooks"
    added: Json = {"name": "crm", "url": url, "types": ["segment.entered"]}
    one = "/{name}"
    return {
        AT: {
            "get": _of_endpoints("webhookEndpoints", "Which systems are told what.", "Endpoints", "EndpointsAnswer"),
            "post": _of_endpoints(
                "addWebhookEndpoint",
                "Tell one more; the answer holds its secret, this once.",
                "Adding",
                "SecretAnswer",
                ("EndpointToAdd", added),
            ),
        },
        AT + one: {
            "get": _of_endpoints("webhookEndpoint", "How one stands.", "Endpoint", "EndpointAnswer"),
            "patch": _of_endpoints(
                "changeWebhookEndpoint",
                "Change where and what it is told, disable and enable it.",
                "Changing",
                "EndpointAnswer",
                ("EndpointChanges", {"url": url}),
            ),
            "delete": _of_endpoints("removeWebhookEndpoint", "Tell it nothing any more.", "Endpoint", "RemovedAnswer"),
        },
        f"{AT}{one}/rotate": {
            "post": _of_endpoints(
                "rotateWebhookSecret",
                "A new secret, this once; for a day both sign.",
                "Changing",
                "SecretAnswer",
                ("SecretToRotate", {"at_once": False}),
            )
        },
        f"{AT}{one}/test": {
            "post": _of_endpoints(
                "testWebhookEndpoint",
                "Send a message of type `webhook.test`.",
                "Changing",
                "MessageAnswer",
                ("MessageToTest", {}),
            )
        },
        f"{AT}{one}/retry": {
            "post": _of_endpoints(
                "retryDeliveries",
                "Send what was given up, or one message, once more.",
                "Changing",
                "RetriedAnswer",
                ("MessageToRetry", {"id": None}),
            )
        },
        f"{AT}{one}/deliveries": {
            "get": _of_endpoints(
                "deliveries",
                "What was sent in the last thirty days, newest first.",
                "Deliveries",
                "DeliveriesAnswer",
                paged=True,
            )
        },
    }


def _of_endpoints(
    operation: str,
    summary: str,
    problems: str,
    answer: str,
    body: tuple[str, Json] | None = None,
    *,
    paged: bool = False,
) -> Json:
    name = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,59}$"}
    in_path = [{"name": "name", "in": "path", "required": True, "schema": name, "example": "crm"}]
    parameters = [
        *([] if problems in ("Endpoints", "Adding") else in_path),
        *(_paging("^msg_[0-9a-f-]{1,60}$") if paged else ()),
    ]
    said: Json = {
        "operationId": operation,
        "tags": ["webhook endpoints"],
        "summary": summary,
        "security": [{"key": []}, {"keyAsUser": []}],
        "responses": {"200": _ok(summary, answer), **_problems(problems)},
    }
    if parameters:
        said["parameters"] = parameters
    if body is not None:
        shape, example = body
        content = {"application/json": {"schema": _ref(shape), "example": example}}
        said["requestBody"] = {"required": True, "content": content}
    return said


# --- settings and operation ------------------------------------------------------------------------------------------


def _settings() -> Json:
    key = {"type": "string", "minLength": 1, "maxLength": MOST_KEY_CHARACTERS}
    in_path = {"name": "write_key", "in": "path", "required": True, "schema": key}
    in_query = {"name": "writeKey", "in": "query", "required": False, "schema": {"type": "string"}}
    return {
        "/v1/projects/{write_key}/settings": {
            "get": {
                "operationId": "projectSettings",
                "tags": ["settings"],
                "summary": "For `@segment/analytics-next`: where to send events, which is here. Public keys only.",
                "security": [],
                "parameters": [in_path],
                "responses": {
                    "200": _ok("The settings.", "ProjectSettings"),
                    **_problems("Project"),
                },
            }
        },
        "/sourceConfig": {
            "get": {
                "operationId": "sourceConfig",
                "tags": ["settings"],
                "summary": "For RudderStack's browser library: the same, in its words. Public keys only.",
                "security": [{"keyAsUser": []}, {"key": []}, {"keyInQuery": []}],
                "parameters": [in_query],
                "responses": {
                    "200": _ok("The settings.", "SourceConfig"),
                    **_problems("Source"),
                },
            }
        },
    }


def _operation() -> Json:
    text = {"schema": {"type": "string"}}
    document = {"schema": {"type": "object", "required": ["openapi", "paths"]}}
    return {
        "/healthz": {
            "get": _plain("healthz", "Is the process alive?", {"application/json": {"schema": _ref("Status")}})
        },
        "/readyz": {
            "get": _plain(
                "readyz",
                "Can it serve: does the database answer, and is there a program?",
                {"application/json": {"schema": _ref("Status")}},
                _problems("Readiness"),
            )
        },
        "/metrics": {
            "get": _plain("metrics", "Figures for Prometheus. Keep them behind the proxy.", {"text/plain": text})
        },
        "/openapi.json": {"get": _plain("openapi", "This document.", {"application/json": document})},
        "/docs": {"get": _plain("docs", "This document as a page to try it on.", {"text/html": text})},
    }


def _plain(operation: str, summary: str, content: Json, problems: Json | None = None) -> Json:
    return {
        "operationId": operation,
        "tags": ["operation"],
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": "It is.", "headers": _REQUEST_ID, "content": content}, **(problems or {})},
    }


# --- components ------------------------------------------------------------------------------------------------------

_REQUEST_ID: Final[Json] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_HEADERS: Final[Json] = {
    "RequestId": {"description": "Names this request.", "schema": {"type": "string"}},
    "Rejected": {
        "description": "How many events were rejected; absent when none was.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Hit": {
        "description": "There where this is the answer of the first time; absent otherwise.",
        "schema": {"const": "true"},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Challenge": {"description": "How to show a key.", "schema": {"type": "string"}},
}


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


def _security_schemes() -> Json:
    return {
        "key": {"type": "http", "scheme": "bearer", "description": "A key as Bearer token."},
        "keyAsUser": {"type": "http", "scheme": "basic", "description": "A key as user name, the password empty."},
        "keyInQuery": {
            "type": "apiKey",
            "in": "query",
            "name": "writeKey",
            "description": "A public key in the query.",
        },
    }


def _ok(about: str, schema: str, example: Json | None = None, headers: Json | None = None) -> Json:
    content: Json = {"schema": _ref(schema)}
    if example is not None:
        content["example"] = example
    return {
        "description": about,
        "headers": {**_REQUEST_ID, **(headers or {})},
        "content": {"application/json": content},
    }


def _problems(routes: str) -> Json:
    """References to the answers of `PROBLEMS[routes]`, by status."""
    statuses = sorted({int(code.status) for code in PROBLEMS[routes]})
    said = {str(status): {"$ref": f"#/components/responses/{routes}{status}"} for status in statuses}
    return said if routes in UNCOUNTED else {**said, **_too_many()}


@cache
def _too_many() -> Json:
    """Said by whoever counts, before a route is asked."""
    code = Code.TOO_MANY_REQUESTS
    return {str(int(code.status)): _problem(code.status, [code])}


def _responses() -> Json:
    """A response for each status among the codes of a kind of route, with exactly these codes in it."""
    return {
        f"{routes}{int(status)}": _problem(status, [code for code in codes if code.status == status])
        for routes, codes in PROBLEMS.items()
        for status in sorted({code.status for code in codes})
    }


def _problem(status: HTTPStatus, codes: Sequence[Code]) -> Json:
    narrowed = {"properties": {"status": {"const": int(status)}, "code": {"enum": [code.value for code in codes]}}}
    content = {
        "schema": {"allOf": [_ref("ProblemDetails"), narrowed]},
        "examples": {code.value: {"value": _example(code)} for code in codes},
    }
    headers = dict(_REQUEST_ID)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _header("Challenge")
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = _header("RetryAfter")
    about = "; ".join(f"`{code.value}`: {code.headline}" for code in codes)
    return {"description": about, "headers": headers, "content": {MEDIA_TYPE: content}}


def _example(code: Code) -> Json:
    return {
        "type": f"urn:regulars:problem:{code.value}",
        "title": code.headline,
        "status": int(code.status),
        "detail": "How to mend it.",
        "code": code.value,
        "instance": "urn:regulars:request:018f8a4e-0000-7000-8000-000000000000",
    }


def _ref(name: str) -> Json:
    return {"$ref": _REF.format(name=name)}


def _schemas() -> Json:
    shown = (
        *(Taken, CustomerAnswer, LedgerAnswer, ExplainAnswer, IdentificationAnswer, LiabilityAnswer, Lookup),
        *(BooksAnswer, HowItWorksAnswer),
        *(ReturnAnswer, MovementAnswer, AdjustmentAnswer, TransferAnswer, ForecastAnswer, OrderBack, OrderToTry),
        *(PointsToReserve, ReservationToRelease, PointsToSpend, SpendingToReverse, PointsToAdjust, PointsToTransfer),
        *(PointsToExtend, ExtensionAnswer),
        *(SegmentsAnswer, MembersAnswer, CustomerSegmentsAnswer, MembershipsAnswer, PreviewedAnswer),
        *(ManyCustomers, ConditionToTry, ProblemDetails),
        *(ConsentsAnswer, ConsentTold, ConsentToConfirm, LinkAnswer, LevelToSet, LevelAnswer),
        *(ErasedAnswer, ReadmittedAnswer, PreviewAnswer, MergedAnswer, Who, Merging, Parting),
        *(EndpointAnswer, EndpointsAnswer, EndpointToAdd, EndpointChanges, SecretToRotate, SecretAnswer, RemovedAnswer),
        *(MessageToTest, MessageToRetry, MessageAnswer, RetriedAnswer, DeliveriesAnswer),
        *(EntitlementAnswer, EntitlementsAnswer, PerkAsked, GamesAnswer),
    )
    _, schemas = msgspec.json.schema_components(shown, ref_template=_REF)
    return {**schemas, **_event_schemas(), **_settings_schemas()}


def _event_schemas() -> Json:
    """What a good event looks like. Anything else in these fields is answered with 200 and a refusal of that event."""
    id = {"type": ["string", "integer", "null"], "minLength": 1, "maxLength": 200}
    time = {"type": "string", "format": "date-time"}
    common = {
        "userId": {**id, "description": "The shop's own id of the customer."},
        "anonymousId": {**id, "description": "The browser's. One of the two must be there."},
        "messageId": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "description": "Makes a resend the same event, for ever.",
        },
        "timestamp": {**time, "description": "When it happened; the moment of receipt if absent."},
        "originalTimestamp": time,
        "sentAt": {**time, "description": "The client's clock when it sent; what its clock is wrong by is put right."},
        "context": {"type": "object"},
        "integrations": {"type": "object"},
        "writeKey": {"type": "string"},
    }
    own: Mapping[str, Json] = {
        "identify": {
            "traits": {"type": "object", "description": "`email` and `phone` become identities (secret key only)."}
        },
        "track": {"event": {"type": "string", "minLength": 1, "maxLength": 200}, "properties": {"type": "object"}},
        "page": {"name": {"type": "string"}, "category": {"type": "string"}, "properties": {"type": "object"}},
        "screen": {"name": {"type": "string"}, "category": {"type": "string"}, "properties": {"type": "object"}},
        "group": {"groupId": id, "traits": {"type": "object"}},
        "alias": {"previousId": id},
    }
    required = {"track": ["event"], "group": ["groupId"], "alias": ["previousId", "userId"]}
    size = f"At most {MOST_EVENT_BYTES:,} bytes. Fields not named here are kept out."
    schemas: Json = {
        type.capitalize(): {
            "type": "object",
            "description": size,
            "properties": {**fields, **common},
            "required": required.get(type, []),
        }
        for type, fields in own.items()
    }
    kinds = [{"allOf": [_ref(type.capitalize()), _typed(type)]} for type in own]
    batch = {"type": "array", "items": {"anyOf": kinds}, "maxItems": MOST_EVENTS}
    fields = {"batch": batch, "sentAt": time, "context": {"type": "object"}, "writeKey": {"type": "string"}}
    schemas["Batch"] = {"type": "object", "properties": fields, "required": ["batch"]}
    return schemas


def _typed(type: str) -> Json:
    return {"type": "object", "properties": {"type": {"const": type}}, "required": ["type"]}


def _settings_schemas() -> Json:
    text = {"type": "string"}
    segment = _object(apiKey=text, apiHost=text, protocol={"enum": ["http", "https"]})
    source = _object(id=text, name=text, writeKey=text, enabled={"const": True}, workspaceId=text)
    return {
        "Status": _object(status={"enum": ["alive", "ready"]}),
        "ProjectSettings": _object(integrations=_object(**{"Segment.io": segment}), plan={"type": "object"}),
        "SourceConfig": _object(source=source),
    }


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}
