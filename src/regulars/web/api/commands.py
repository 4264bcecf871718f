"""What all commands share: a secret key, a bounded body, an `Idempotency-Key`, and one table of what each "no" is called.

The same key with the same body is answered as it was the first time, for ever, whatever has become of the customer since: with
the header `Idempotency-Hit: true`. What cannot be done leaves nothing behind, not even its key.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request, Response
from msgspec import Meta, Struct

from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.service.commands import Command, Done, KeyReused, NotPossible, earlier
from regulars.service.customers import find_by_name
from regulars.service.group import NoProgram
from regulars.web.api.auth import need_secret_key, who_asks
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import Lookup, checked, not_found
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.events.identities import identifier
from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.orders.cells import CellRefused, amount_minor, instant
from regulars.wire.refusals import RefusalReason

T = TypeVar("T", bound=Struct)

MOST_COMMAND_BYTES: Final = 64 << 10
MOST_POINTS: Final = 1_000_000_000
MOST_WORDS: Final = 200
KEY_HEADER: Final = "Idempotency-Key"
HIT_HEADER: Final = "Idempotency-Hit"
KEY: Final = re.compile(r"[!-~]{1,255}")
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`$")

PRINTABLE: Final = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]*$"
Points: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_POINTS)]
Words: TypeAlias = Annotated[str, Meta(max_length=MOST_WORDS, pattern=PRINTABLE)]
Amount: TypeAlias = Annotated[
    int | float | str, Meta(description="Major units, as text or as a number: `12.50`.", examples=["12.50"])
]
Time: TypeAlias = Annotated[str, Meta(description="RFC 3339.", examples=["2024-05-17T09:30:00Z"])]
Id: TypeAlias = Annotated[int | str, Meta(description="Text of at most 200 characters, or a whole number.")]

CODES: Final[Mapping[str, Code]] = {
    "unknown_customer": Code.CUSTOMER_NOT_FOUND,
    "unknown_order": Code.UNKNOWN_ORDER,
    "unknown_reservation": Code.UNKNOWN_RESERVATION,
    "unknown_spending": Code.UNKNOWN_SPENDING,
    "nothing_left": Code.NOTHING_LEFT,
    "more_than_the_order": Code.MORE_THAN_THE_ORDER,
    "not_enough_points": Code.NOT_ENOUGH_POINTS,
    "too_many_reservations": Code.TOO_MANY_RESERVATIONS,
    "reversed_already": Code.REVERSED_ALREADY,
    "same_customer": Code.SAME_CUSTOMER,
    "not_a_member": Code.NOT_A_MEMBER,
}
"""By the reason of the command."""


async def done(
    request: Request[Any, Any, Any], name: str, shape: type[T], do: Callable[[Face, T, Command, Instant], Done]
) -> Response[bytes]:
    """What `do` answers, or what it answered the first time."""
    await to_thread.run_sync(need_secret_key, request)
    key = _key_of(request)
    asked = read(await read_body(request, MOST_COMMAND_BYTES), shape)
    command = Command(name, key, msgspec.json.encode(asked), who_asks(request))
    return await to_thread.run_sync(_try, face_of(request.scope), asked, command, do)


def read(body: bytes, shape: type[T]) -> T:
    """The text of the problem says where it is and what belongs there, and nothing that was written."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise bad_body(_mistake(str(error), shape)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_body(f"Send a JSON object with {_fields(shape)}.") from None


def bad_body(detail: str) -> Problem:
    return Problem(Code.BAD_BODY, detail)


def customer_of(face: Face, wanted: Lookup) -> str:
    """Our own id. A device that somebody has claimed is no proof of who asks."""
    named = checked(face, wanted.kind, wanted.value)
    id = find_by_name(face.shop, named.kind, named.value)
    if id is None:
        raise not_found()
    return id


def minor_of(written: int | float | str, place: str, program: Program) -> int:
    """Minor units, exactly; not below 0."""
    exponent = program.currency.exponent
    try:
        minor = amount_minor(Decimal(repr(written)) if isinstance(written, float) else written, exponent)
    except CellRefused as refused:
        raise Problem(Code.BAD_AMOUNT, _no_amount(refused.reason, place, program)) from None
    if minor < 0:
        raise Problem(Code.BAD_AMOUNT, f"{place} is below 0. Write what went back, without a sign.")
    return minor


def moment_of(written: str, place: str) -> Instant:
    try:
        return instant(written, None)
    except CellRefused:
        raise bad_body(f"{place} is not a moment. Write it with its offset, as 2024-05-17T09:30:00Z.") from None


def id_of(written: int | str, place: str) -> str:
    try:
        id = identifier(written, place.strip("`"), EventReason.BAD_ORDER)
    except EventRefused as refused:
        raise bad_body(refused.message) from None
    if id is None:
        raise bad_body(f"{place} is empty.")
    return id


def words_of(written: str, place: str) -> str:
    """Without the blanks around them; not empty."""
    words = written.strip()
    if not words:
        raise bad_body(f"{place} is empty: the customer reads it. Say what it is for.")
    return words


def program_of(face: Face) -> Program:
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise no_program()
    return rulebook.program


def no_program() -> Problem:
    return Problem(Code.NO_PROGRAM, "Apply one: `regulars apply PROGRAM`.", {"Retry-After": "5"})


def _try(face: Face, asked: T, command: Command, do: Callable[[Face, T, Command, Instant], Done]) -> Response[bytes]:
    try:
        found = earlier(face.shop, command) or do(face, asked, command, face.clock())
    except NotPossible as no:
        raise Problem(CODES[no.reason], no.words) from None
    except KeyReused:
        detail = f"This {KEY_HEADER} was used before, for something else, and that stands. Take another key."
        raise Problem(Code.IDEMPOTENCY_KEY_REUSED, detail) from None
    except NoProgram:
        raise no_program() from None
    headers = {HIT_HEADER: "true"} if found.again else {}
    return Response(found.answer, status_code=200, media_type="application/json", headers=headers)


def _key_of(request: Request[Any, Any, Any]) -> str:
    written = request.headers.getall(KEY_HEADER, [])
    if len(written) != 1 or not KEY.fullmatch(written[0]):
        detail = (
            f"Send one header {KEY_HEADER} of 1 to 255 letters, digits and signs, without blanks: a new one for each "
            "command, the same one when you send a command again."
        )
        raise Problem(Code.IDEMPOTENCY_KEY_NEEDED, detail)
    return written[0]


def _mistake(error: str, shape: type[Struct]) -> str:
    found = _WHERE.search(error)
    what, place = (error[: found.start()], found[1]) if found else (error, "")
    if "unknown field" in what:
        what = "There is a field that does not belong here"
    at = f"`{place}`: " if place and place != "..." else ""
    return f"{at}{what}. Send an object with {_fields(shape)}."


def _fields(shape: type[Struct]) -> str:
    return ", ".join([f"`{name}`" for name in shape.__struct_encode_fields__])


def _no_amount(reason: RefusalReason, place: str, program: Program) -> str:
    exponent = program.currency.exponent
    if reason is RefusalReason.TOO_MANY_DECIMALS:
        finest = f"at most {exponent} decimals" if exponent else "whole units"
        return f"{place} is finer than the smallest unit of {program.currency.code}. Write {finest}."
    example = "12.50" if exponent == 2 else "12"
    return f"{place} is not an amount. Write at most 12 digits with a point before the decimals, as {example}."
