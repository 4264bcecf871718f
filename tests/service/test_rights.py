"""What people may ask for: everything that is known of them, and to be forgotten, also by the bytes of the files."""

import json
import tracemalloc
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from sqlalchemy import make_url, select

from regulars.service import joining, rights
from regulars.service.customers import find, find_by_name
from regulars.service.doctor import examine
from regulars.service.rights import NobodyThere
from regulars.store.schema import audit, identities, journal, metadata, quarantine
from regulars.wire.events import Sender
from tests.service.town import Town, did, order
from tests.shop import at

NOW = "2017-03-05 12:00"
PERSONAL = ("Lovelace", "countess@example.com", "+46701234567", "ada-7", "tablet-of-ada", "Byron's daughter", "Horsley")


def ada_comes(town: Town) -> None:
    """With everything that a shop may know of somebody."""
    traits = {"firstName": "Ada", "lastName": "Lovelace", "email": "countess@example.com", "phone": "+46701234567"}
    town.applies()
    town.hears(did("Product Viewed", anonymousId="tablet-of-ada"), sender=Sender.SITE, now="2017-03-01 10:00")
    town.hears(
        {
            "type": "identify",
            "userId": "ada-7",
            "anonymousId": "tablet-of-ada",
            "traits": traits | {"address": {"city": "Horsley"}},
        }
    )
    bought = {"products": [{"product_id": "tea", "price": 45, "engraving": "Byron's daughter", "category": "hot"}]}
    town.hears(order("ada-7", "o-1", 45) | {"properties": {"order_id": "o-1", **bought}})
    town.hears(did("Review Written", userId="ada-7") | {"properties": {"text": "Byron's daughter"}})
    town.hears(
        {
            "type": "track",
            "userId": "ada-7",
            "event": "Consent Granted",
            "properties": {"purpose": "email", "wording": "v1"},
        }
    )
    town.hears({"type": "track", "userId": "ada-7", "event": "", "properties": {"name": "Lovelace"}})
    town.hears(order("ben", "o-2", 5))


def everything(town: Town) -> str:
    """Every value of every row of every table."""
    with town.shop.store.reading() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(
        str(value.decode("utf-8", "replace") if isinstance(value, bytes) else value) for row in rows for value in row
    )


def good(town: Town) -> bool:
    found = {one.what: one.good for one in examine(town.shop, at(NOW))}
    return found["facts"] and found["ledger"]


def exported(town: Town, who: str) -> dict[str, Any]:
    file = BytesIO()
    rights.write_person(town.shop, town.customer(who).id, "ben", at(NOW), file)
    said = json.loads(file.getvalue())
    assert isinstance(said, dict)
    return said


def test_a_person_gets_everything_as_json(town: Town) -> None:
    ada_comes(town)
    said = json.dumps(exported(town, "ada-7"), ensure_ascii=False)
    assert [word for word in PERSONAL if word not in said] == []
    assert '"order_id": "o-1"' in said
    assert "Product Viewed" in said, "what was done on the tablet before"
    with town.shop.store.reading() as connection:
        assert [(row.who, row.what) for row in connection.execute(select(audit))] == [("ben", "exported")]


def test_of_a_long_life_only_a_little_stands_in_memory_while_it_is_written_down(town: Town) -> None:
    """Also of one that a stranger has filled: what was told of somebody may be as large as the database."""
    town.applies()
    review = did("Review Written", userId="ada-7") | {"properties": {f"line {n}": "x" * 200 for n in range(40)}}
    for day in range(1, 21):
        town.hears(*[review] * 20, now=f"2017-03-{day:02} 12:00")
    id = town.customer("ada-7").id
    with TemporaryFile() as file:
        tracemalloc.start()
        try:
            rights.write_person(town.shop, id, "ben", at("2017-03-31 12:00"), file)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        written = file.tell()
        file.seek(0)
        facts = json.load(file)["facts"]
    assert len(facts) == 400
    assert written > 3_000_000
    assert most < 1_000_000, "bytes"


def test_what_breaks_off_is_not_in_the_audit_trail(town: Town) -> None:
    ada_comes(town)
    with pytest.raises(UnsupportedOperation), Path("/dev/null").open("rb") as closed:
        rights.write_person(town.shop, town.customer("ada-7").id, "ben", at(NOW), closed)
    with town.shop.store.reading() as connection:
        assert connection.execute(select(audit)).all() == []


def test_whoever_is_forgotten_leaves_no_trace_but_the_ledger(town: Town) -> None:
    ada_comes(town)
    before = everything(town)
    assert [word for word in PERSONAL if word not in before] == []
    id = town.customer("ada-7").id
    gone = rights.erase(town.shop, id, "ben", at(NOW))
    assert (gone.records, gone.identities, gone.refusals) == (2, 4, 1)
    after = everything(town)
    assert [word for word in PERSONAL if word in after] == []
    assert find(town.shop, "user_id", "ada-7") is None
    points = town.customer(id, kind="id").points
    assert (points.available, points.lifetime, points.expired) == (0, 45, 45)
    assert good(town)
    assert town.points("ben") == 5


def test_nothing_is_left_in_the_files_either(town: Town) -> None:
    """After the compaction, which is a command of its own."""
    url = make_url(town.shop.store.url)
    if url.get_backend_name() != "sqlite":
        pytest.skip("the files of a server are the server's own; its tables are looked at above")
    ada_comes(town)
    rights.erase(town.shop, town.customer("ada-7").id, "ben", at(NOW))
    rights.compact(town.shop)
    files = sorted(Path(url.database or "").parent.glob("*"))
    data = b"".join(file.read_bytes() for file in files if file.is_file())
    assert len(data) > 10_000
    assert [word for word in PERSONAL if word.encode() in data] == []


def test_a_late_message_brings_nobody_back(town: Town) -> None:
    ada_comes(town)
    rights.erase(town.shop, town.customer("ada-7").id, "ben", at(NOW))
    late = [
        order("ada-7", "o-9", 45, at="2017-03-01 09:00"),
        {"type": "identify", "userId": "ada-7", "traits": {"lastName": "Lovelace"}},
        did("Product Viewed", anonymousId="tablet-of-ada"),
        {"type": "identify", "anonymousId": "tablet-of-ada", "traits": {"email": "countess@example.com"}},
        {"type": "track", "userId": "ada-7", "event": "", "properties": {"name": "Lovelace"}},
    ]
    for sender in (Sender.SHOP, Sender.SITE):
        town.hears(*[dict(one) for one in late], sender=sender, now=NOW)
    left = everything(town)
    assert [word for word in PERSONAL if word in left] == []
    assert find(town.shop, "email", "countess@example.com") is None


def test_an_email_may_come_back_with_somebody_new(town: Town) -> None:
    ada_comes(town)
    rights.erase(town.shop, town.customer("ada-7").id, "ben", at("2017-03-05 12:00"))
    told = {"type": "identify", "userId": "countess", "traits": {"email": "countess@example.com"}}
    town.hears(told | {"at": "2017-03-04 12:00"}, now=NOW)
    assert find(town.shop, "email", "countess@example.com") is None
    town.hears(told | {"at": "2017-03-06 12:00"}, now="2017-03-06 12:00")
    assert find(town.shop, "email", "countess@example.com") == town.customer("countess").id
    assert town.points("countess") == 0


def test_staff_may_let_an_identity_be_somebody_again(town: Town) -> None:
    ada_comes(town)
    rights.erase(town.shop, town.customer("ada-7").id, "ben", at(NOW))
    assert rights.readmit(town.shop, ("user_id", "ada-7"), "ben", at(NOW))
    assert not rights.readmit(town.shop, ("user_id", "ada-7"), "ben", at(NOW))
    town.hears(order("ada-7", "o-3", 10), now=NOW)
    assert town.points("ada-7", NOW) == 10


def test_what_others_share_with_the_forgotten_stays_theirs(town: Town) -> None:
    town.applies()
    for user in ("ada", "ben"):
        town.hears({"type": "identify", "userId": user, "anonymousId": "kitchen"})
    town.hears(did("Product Viewed", anonymousId="kitchen"), now="2017-03-02 12:00")
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    with town.shop.store.reading() as connection:
        left = connection.execute(select(identities.c.value).where(identities.c.kind == "anonymous_id")).scalars().all()
    assert set(left) == {"kitchen"}
    assert find(town.shop, "anonymous_id", "kitchen") == town.customer("ben").id


def test_everything_that_was_merged_into_the_forgotten_goes_along(town: Town) -> None:
    town.applies()
    card = {"userId": None, "anonymousId": None, "context": {"traits": {"card": "4242424242"}}}
    town.hears(order("x", "o-1", 10) | card)
    town.hears({"type": "identify", "userId": "ada", "traits": {"card": "4242424242"}})
    assert town.points("ada") == 10
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    assert "4242424242" not in everything(town)
    assert good(town)


def test_nobody_is_nobody(town: Town) -> None:
    town.applies()
    with pytest.raises(NobodyThere):
        rights.erase(town.shop, "nobody", "ben", at(NOW))
    with pytest.raises(NobodyThere):
        rights.write_person(town.shop, "nobody", "ben", at(NOW), BytesIO())


def test_who_is_forgotten_twice_is_forgotten(town: Town) -> None:
    ada_comes(town)
    id = town.customer("ada-7").id
    rights.erase(town.shop, id, "ben", at(NOW))
    assert rights.erase(town.shop, id, "ben", at(NOW)).identities == 0


def test_a_short_id_takes_nobody_elses_refusals_along(town: Town) -> None:
    town.applies()
    town.hears({"type": "track", "userId": "7", "event": ""}, {"type": "track", "userId": "1776", "event": ""})
    town.hears(order("7", "o-1", 5))
    assert rights.erase(town.shop, town.customer("7").id, "ben", at(NOW)).refusals == 1
    with town.shop.store.reading() as connection:
        assert len(connection.execute(select(quarantine)).all()) == 1


def test_facts_keep_what_the_books_need(town: Town) -> None:
    ada_comes(town)
    rights.erase(town.shop, town.customer("ada-7").id, "ben", at(NOW))
    with town.shop.store.reading() as connection:
        sales = connection.execute(select(journal.c.amount_minor).where(journal.c.amount_minor.is_not(None))).scalars()
        assert sorted(sales) == [500, 4500]
    assert "hot" in everything(town), "what kind of goods was sold"


def guest(town: Town) -> None:
    bought = {"order_id": "g-1", "products": [{"product_id": "tea", "price": 5, "engraving": "Byron's daughter"}]}
    told = {"context": {"traits": {"email": "countess@example.com"}}, "userId": None}
    town.hears(order("x", "g-1", 5) | told | {"properties": bought})


def test_what_the_forgotten_did_as_a_guest_goes_along(town: Town) -> None:
    """Whether the address was ever confirmed or not."""
    town.applies()
    guest(town)
    town.hears({"type": "identify", "userId": "ada", "traits": {"email": "countess@example.com"}})
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    left = everything(town)
    assert [word for word in PERSONAL if word in left] == []
    assert good(town)


def test_a_guest_who_is_forgotten_does_not_come_back_through_a_refusal(town: Town) -> None:
    town.applies()
    told = {"context": {"traits": {"email": "countess@example.com"}}, "userId": None, "messageId": "m-1"}
    town.hears(order("x", "g-1", 5) | told)
    rights.erase(town.shop, town.customer("countess@example.com", kind="email").id, "staff", at(NOW))
    town.hears(order("x", "g-1", 6) | told)
    assert "countess@example.com" not in everything(town)


def test_refused_events_go_however_an_identity_is_written_in_them(town: Town) -> None:
    town.applies()
    town.hears({"type": "identify", "userId": "ada", "traits": {"card": "4242 4242 4242"}})
    town.hears(
        {"type": "track", "event": "", "context": {"traits": {"card": "4242-4242-4242", "lastName": "Lovelace"}}}
    )
    assert "Lovelace" in everything(town)
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    assert "Lovelace" not in everything(town)


def test_on_a_shared_tablet_only_the_own_hours_go_and_are_told(town: Town) -> None:
    town.applies()
    for user, day in (("ada", "01"), ("ben", "03")):
        town.hears(
            {"type": "identify", "userId": user, "anonymousId": "kitchen", "at": f"2017-03-{day} 09:00"}, now=NOW
        )
        page = {"page": {"url": f"https://shop.example/?utm_source={user}-news&utm_medium=email"}}
        town.hears({"type": "page", "anonymousId": "kitchen", "at": f"2017-03-{day} 12:00", "context": page}, now=NOW)
    said = str(exported(town, "ada")["visits"])
    assert "ada-news" in said
    assert "ben-news" not in said
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    left = everything(town)
    assert "ada-news" not in left
    assert "ben-news" in left


def test_a_browsers_claim_keeps_no_device_from_being_forgotten(town: Town) -> None:
    ada_comes(town)
    for eve in range(7):
        town.hears({"type": "identify", "userId": f"eve-{eve}", "anonymousId": "tablet-of-ada"}, sender=Sender.SITE)
    rights.erase(town.shop, town.customer("ada-7").id, "staff", at(NOW))
    assert "tablet-of-ada" not in everything(town)


def test_a_device_that_somebody_claimed_is_no_proof_of_who_asks(town: Town) -> None:
    """With the public key anybody can claim one for anybody."""
    town.applies()
    town.hears(order("victim", "o-1", 5))
    town.hears({"type": "identify", "userId": "victim", "anonymousId": "mine"}, sender=Sender.SITE)
    town.hears(did("Product Viewed", anonymousId="nobodys"), sender=Sender.SITE)
    assert find_by_name(town.shop, "anonymous_id", "mine") is None
    assert find_by_name(town.shop, "anonymous_id", "nobodys") is not None
    assert find_by_name(town.shop, "user_id", "victim") == town.customer("victim").id


def test_what_staff_wrote_of_the_forgotten_goes(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 5), order("ada-2", "2", 6))
    joining.merge(town.shop, town.customer("ada-2").id, town.customer("ada").id, "eve", "Lovelace called", at(NOW))
    rights.erase(town.shop, town.customer("ada").id, "staff", at(NOW))
    assert "Lovelace" not in everything(town)
