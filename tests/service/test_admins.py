"""Who may look after the shop: passwords, sessions, links that sign in once, and how guessing is slowed down."""

from threading import Barrier, Thread

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from regulars.kernel.calendar import DAY, HOUR, MINUTE, SECOND
from regulars.service import admins
from regulars.service.admins import AdminRefused, TooSoon, Wrong, create_admin, sign_in
from regulars.service.shop import open_shop
from regulars.store import schema

NOW = 1_700_000_000 * SECOND
PASSWORD = "a long walk home"
HOME = "192.0.2.1"


@pytest.fixture
def shop(database):
    shop = open_shop(database, lambda: "id")
    yield shop
    shop.close()


@pytest.fixture
def ada(shop):
    return create_admin(shop, "ada", PASSWORD, NOW)


def enter(shop, name="ada", now=NOW):
    """The token of a session, by the right password."""
    token = sign_in(shop, name, PASSWORD, HOME, now)
    assert isinstance(token, str)
    return token


def whose(shop, token, now=NOW):
    """The session that a token opens."""
    session = admins.session(shop, token, now)
    assert session is not None
    return session


def everything(shop):
    """All that the record holds, as bytes."""
    found = []
    with shop.store.reading() as connection:
        for table in schema.metadata.sorted_tables:
            found += [repr(tuple(row)) for row in connection.execute(select(table))]
    return "\n".join(found)


# --- accounts ------------------------------------------------------------------------------------------------------------


def test_the_right_password_opens_a_session_of_its_own(shop, ada):
    session, other = whose(shop, enter(shop)), whose(shop, enter(shop))

    assert (session.name, session.admin_id) == ("ada", ada)
    assert other.csrf != session.csrf
    assert admins.admin_named(shop, "ada") == ada


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "a long walk hom"),
        ("ada", PASSWORD.upper()),
        ("ada", ""),
        ("Ada", PASSWORD),
        ("eve", PASSWORD),
        ("", ""),
    ],
)
def test_what_does_not_belong_together_does_not_open(shop, ada, name, password):
    assert sign_in(shop, name, password, HOME, NOW) == Wrong()


def test_an_account_without_a_password_opens_by_a_link_only(shop):
    create_admin(shop, "demo", None, NOW)

    assert sign_in(shop, "demo", "", HOME, NOW) == Wrong()
    assert sign_in(shop, "demo", "None", HOME, NOW) == Wrong()


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("a" * 65, PASSWORD), ("a\nb", PASSWORD), ("ada", "short"), ("ada", "x" * 1_001)],
)
def test_an_account_is_refused_with_a_reason(shop, name, password):
    with pytest.raises(AdminRefused, match="characters"):
        create_admin(shop, name, password, NOW)


def test_a_name_is_given_once(shop, ada):
    with pytest.raises(AdminRefused, match="“ada” already"):
        create_admin(shop, " ada ", PASSWORD, NOW)


@pytest.mark.usefixtures("real_passwords")
def test_an_old_hash_is_renewed_when_its_owner_signs_in(shop, ada):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    table = schema.admins
    shop.writer.run(lambda tx: tx.core.execute(update(table).values(password_hash=weak)))

    assert isinstance(sign_in(shop, "ada", PASSWORD, HOME, NOW), str)

    with shop.store.reading() as connection:
        renewed = connection.execute(select(table.c.password_hash)).scalar_one()
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert isinstance(sign_in(shop, "ada", PASSWORD, HOME, NOW), str)


def test_the_record_holds_no_secret_as_it_is(shop, ada):
    token, link = enter(shop), admins.create_link(shop, ada, NOW)
    sign_in(shop, "my-own-password", PASSWORD, HOME, NOW)

    held = everything(shop)

    assert "$argon2id$" in held
    assert [one for one in (PASSWORD, token, link, HOME, "my-own-password") if one in held] == []


# --- sessions ------------------------------------------------------------------------------------------------------------


def test_a_session_ends_after_twelve_idle_hours(shop, ada):
    token = enter(shop)

    assert admins.session(shop, token, NOW + 12 * HOUR - 1) is not None
    assert admins.session(shop, token, NOW + 24 * HOUR - 2) is not None
    assert admins.session(shop, token, NOW + 36 * HOUR) is None


def test_and_after_seven_days_whatever_happens(shop, ada):
    token = enter(shop)

    hours = [hour for hour in range(0, 200, 6) if admins.session(shop, token, NOW + hour * HOUR)]

    assert hours[-1] == 7 * 24 - 6


def test_a_page_a_second_is_not_a_write_a_second(shop, ada):
    token = enter(shop)
    with shop.store.reading() as connection:
        seen = [
            connection.execute(select(schema.sessions.c.last_seen_at)).scalar_one()
            for second in (1, 30, 59, 60)
            if admins.session(shop, token, NOW + second * SECOND)
        ]

    assert seen[:3] == [NOW] * 3


def test_who_signs_out_is_out_and_others_are_not(shop, ada):
    one, other = enter(shop), enter(shop)

    admins.sign_out(shop, one)

    assert admins.session(shop, one, NOW) is None
    assert admins.session(shop, other, NOW) is not None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "'; drop table sessions", "a" * 10_000])
def test_what_is_no_token_opens_nothing(shop, ada, token):
    assert admins.session(shop, token, NOW) is None
    assert admins.redeem_link(shop, token, NOW) is None


# --- links ---------------------------------------------------------------------------------------------------------------


def test_a_link_signs_in_once(shop, ada):
    link = admins.create_link(shop, ada, NOW)

    session = admins.redeem_link(shop, link, NOW + MINUTE)

    assert session is not None
    assert whose(shop, session, NOW + MINUTE).name == "ada"
    assert admins.redeem_link(shop, link, NOW + MINUTE) is None


def test_a_link_lasts_fifteen_minutes(shop, ada):
    link = admins.create_link(shop, ada, NOW)

    assert admins.redeem_link(shop, link, NOW + 15 * MINUTE) is None
    assert admins.redeem_link(shop, link, NOW + 15 * MINUTE - 1) is not None


def test_of_many_who_redeem_a_link_at_once_one_gets_in(shop, ada):
    link, together, got = admins.create_link(shop, ada, NOW), Barrier(8), []

    def redeem():
        together.wait()
        got.append(admins.redeem_link(shop, link, NOW))

    threads = [Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(one is not None for one in got) == 1


# --- guessing ------------------------------------------------------------------------------------------------------------


def wrong(shop, times, *, name="ada", address=HOME, now=NOW):
    return [sign_in(shop, name, "wrong", address, now) for _ in range(times)]


def test_after_five_failures_each_wait_is_twice_the_one_before(shop, ada):
    assert wrong(shop, 5) == [Wrong()] * 5

    waits, now = [], NOW
    for _ in range(4):
        told = sign_in(shop, "ada", "wrong", HOME, now)
        assert isinstance(told, TooSoon)
        waits.append(told.wait_s)
        now += told.wait_s * SECOND
        assert sign_in(shop, "ada", "wrong", HOME, now) == Wrong()

    assert waits == [5, 10, 20, 40]


def test_who_waits_is_not_heard_even_with_the_right_password_and_does_not_wait_longer_for_it(shop, ada):
    wrong(shop, 5)

    assert [sign_in(shop, "ada", PASSWORD, HOME, NOW + second * SECOND) for second in (0, 1, 4)] == [
        TooSoon(5),
        TooSoon(4),
        TooSoon(1),
    ]
    assert isinstance(sign_in(shop, "ada", PASSWORD, HOME, NOW + 5 * SECOND), str)


def test_getting_in_forgets_the_failures(shop, ada):
    wrong(shop, 4)
    sign_in(shop, "ada", PASSWORD, HOME, NOW)

    assert wrong(shop, 5) == [Wrong()] * 5


def test_a_day_forgets_them_too_and_no_wait_is_longer_than_a_quarter_of_an_hour(shop, ada):
    now = NOW
    for _ in range(20):
        told = sign_in(shop, "ada", "wrong", HOME, now)
        now += told.wait_s * SECOND if isinstance(told, TooSoon) else 0
        assert not isinstance(told, TooSoon) or told.wait_s <= 15 * 60

    assert wrong(shop, 5, now=now + DAY) == [Wrong()] * 5


def test_names_that_nobody_has_are_slowed_down_alike(shop, ada):
    assert wrong(shop, 6, name="eve")[-1] == TooSoon(5)
    assert isinstance(sign_in(shop, "ada", PASSWORD, HOME, NOW), str)


@pytest.mark.parametrize(
    "addresses", [[HOME] * 21, [f"2001:db8:1:2::{n}" for n in range(21)], [f"::ffff:{HOME}", HOME] * 11]
)
def test_an_address_that_tries_many_names_is_slowed_down(shop, ada, addresses):
    told = [sign_in(shop, f"name-{number}", "wrong", address, NOW) for number, address in enumerate(addresses)]

    assert told[:20] == [Wrong()] * 20
    assert told[20] == TooSoon(5)
    assert wrong(shop, 1, name="else", address="2001:db8:9::1") == [Wrong()]


def test_many_tries_at_once_are_counted_one_by_one_in_all_processes(shop, ada, database):
    """Two shops on one record stand for two processes."""
    second = open_shop(database, lambda: "id")
    together, told = Barrier(12), []

    def guess(where):
        together.wait()
        told.append(sign_in(where, "ada", "wrong", HOME, NOW))

    threads = [Thread(target=guess, args=[where]) for where in (shop, second) * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()

    assert told.count(Wrong()) == 5
    assert told.count(TooSoon(5)) == 7


def test_a_name_that_nobody_has_is_looked_at_as_long(shop, ada, monkeypatch):
    looked_at, is_right = [], admins._is_right

    def look(password_hash, password):
        looked_at.append(password_hash)
        return is_right(password_hash, password)

    monkeypatch.setattr(admins, "_is_right", look)

    wrong(shop, 1, name="ada")
    wrong(shop, 1, name="eve")

    assert len(looked_at) == 2
    assert len({one.rsplit("$", 2)[0] for one in looked_at}) == 1, "with the same costs"
