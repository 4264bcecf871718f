"""Reading customers with the shop's secret key: whole, page by page, and by identities that belong in no address."""

from base64 import b64encode

import pytest

PATHS = ("/v1/customers/ada", "/v1/customers/ada/ledger", "/v1/customers/ada/explain")


def looks_up(api, kind, value):
    headers = {"Authorization": f"Bearer {api.secret}"}
    return api.client.post("/v1/customers/lookup", json={"kind": kind, "value": value}, headers=headers)


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def ada(api):
    """Two orders, and an e-mail address that the shop vouches for."""
    api.buys("ada", "1001", 45.80)
    api.buys("ada", "1002", 10.00)
    api.sends("identify", {"userId": "ada", "traits": {"email": "Ada@Example.com"}})
    return api


def test_a_customer(ada):
    answer = ada.reads("/v1/customers/ada").json()

    assert answer["points"] == {
        "available": 55,
        "pending": 0,
        "lifetime": 55,
        "issued": 55,
        "brought": 0,
        "reversed": 0,
        "spent": 0,
        "expired": 0,
        "reserved": 0,
        "adjusted": 0,
        "transferred": 0,
        "owed": 0,
    }
    assert answer["tier"] == {
        "id": "silver",
        "since": "2024-05-17T09:30:00Z",
        "next": {"id": "gold", "at": 50_000, "have": 5_580, "by": "spend"},
        "keep": {
            "at": 5_000,
            "have": 0,
            "missing": 5_000,
            "until": "2026-01-01T05:00:00Z",
            "in_grace": False,
            "by": "spend",
        },
        "given": None,
    }
    assert answer["known"] is True
    assert answer["as_of"] == answer["first_seen_at"] == "2024-05-17T09:30:00Z"
    assert {
        "kind": "user_id",
        "value": "ada",
        "trust": "shop",
        "leads": True,
        "shared": False,
        "first_at": "2024-05-17T09:30:00Z",
        "how": "shop: Ordered",
    } in answer["identities"]
    assert sorted([(lot["points"], lot["expires_at"]) for lot in answer["lots"]]) == [(10, None), (45, None)]


def test_every_way_to_name_a_customer_leads_to_the_same(ada):
    ada.tracks("Seen", userId="ada", anonymousId="b5a1")
    bare = ada.reads("/v1/customers/ada").json()

    for path in ("user_id:ada", "anonymous_id:b5a1", f"id:{bare['id']}"):
        assert ada.reads(f"/v1/customers/{path}").json() == bare, path
    for kind, value in (("email", " ADA@example.com"), ("user_id", "ada"), ("id", bare["id"])):
        assert looks_up(ada, kind, value).json() == bare, kind


def test_a_colon_after_a_word_that_is_no_kind_is_part_of_the_id(api):
    api.tracks("Seen", userId="shop-7:ada")

    assert api.reads("/v1/customers/shop-7:ada").status_code == 200


def test_an_id_with_a_slash_is_looked_up(api):
    api.tracks("Seen", userId="7/ada")

    assert code_of(api.reads("/v1/customers/7%2Fada")) == (404, "not_found")
    assert looks_up(api, "user_id", "7/ada").status_code == 200


@pytest.mark.parametrize("identity", ["email:ada@example.com", "phone:+4670", "Email:ada@example.com", "email%3Aada"])
def test_mail_and_phone_do_not_belong_in_an_address(ada, identity):
    answer = ada.reads(f"/v1/customers/{identity}")

    assert code_of(answer) == (400, "identity_in_path")
    assert "/v1/customers/lookup" in answer.json()["detail"]
    assert "ada" not in answer.text


def test_the_ledger_page_by_page(ada):
    first = ada.reads("/v1/customers/ada/ledger", limit=1).json()
    second = ada.reads("/v1/customers/ada/ledger", limit=1, cursor=first["next"]).json()

    assert [entry["fact"]["order_id"] for entry in (*first["entries"], *second["entries"])] == ["1002", "1001"]
    assert second["next"] is None
    entry = second["entries"][0]
    assert (entry["points"], entry["source"], entry["target"]) == (45, "program", "available")
    assert entry["effective_at"] == entry["fact"]["happened_at"] == "2024-05-17T09:30:00Z"
    assert "45" in entry["sentence"]


def test_what_happened_page_by_page(ada):
    newest = ada.reads("/v1/customers/ada/explain", limit=1).json()
    others = ada.reads("/v1/customers/ada/explain", limit=2, cursor=newest["next"]).json()
    steps = [*newest["steps"], *others["steps"]]

    assert others["next"] is None
    assert [step["points"] for step in steps] == [0, 10, 45]
    assert all(step["why"] for step in steps[1:])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "bad_limit"),
        ("limit=201", "bad_limit"),
        ("limit=-1", "bad_limit"),
        ("limit=1.0", "bad_limit"),
        ("limit=", "bad_limit"),
        ("limit=99999999999999999999", "bad_limit"),
        ("limit=%C2%B2", "bad_limit"),
        ("limit=%FF", "bad_limit"),
        ("limit=1&limit=2", "bad_limit"),
        ("cursor=", "bad_cursor"),
        ("cursor=%00", "bad_cursor"),
        ("cursor=a", "bad_cursor"),
        ("cursor=99999999999999999999999.1", "bad_cursor"),
        ("cursor=1&cursor=1", "bad_cursor"),
    ],
)
@pytest.mark.parametrize("list", ["ledger", "explain"])
def test_a_limit_or_cursor_that_is_none(ada, list, query, code):
    assert code_of(ada.reads(f"/v1/customers/ada/{list}?{query}")) == (400, code)


@pytest.mark.parametrize("identity", ["a%00b", "a%0Ab", "a%1Fb", "id:", "%20", "x" * 201])
def test_what_cannot_be_an_identity(ada, identity):
    assert code_of(ada.reads(f"/v1/customers/{identity}")) == (400, "bad_identity")


def test_a_path_without_end(ada):
    assert code_of(ada.reads(f"/v1/customers/{'x' * 3_000}")) == (414, "path_too_long")


@pytest.mark.parametrize("identity", ["nobody", "id:nobody", "anonymous_id:ada", "%FF", "..", "%25"])
@pytest.mark.parametrize("rest", ["", "/ledger", "/explain"])
def test_an_unknown_customer(ada, identity, rest):
    status, code = code_of(ada.reads(f"/v1/customers/{identity}{rest}"))

    assert (status, code) in [(404, "customer_not_found"), (404, "not_found")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind": "email"}',
        b'{"kind": "a name", "value": "Ada"}',
        b'{"kind": "email", "value": 7}',
        b'{"kind": "email", "value": "a@b.c", "more": 1}',
        b"\xff",
        b"[" * 10_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_lookup_that_is_none(ada, body):
    headers = {"Authorization": f"Bearer {ada.secret}"}

    assert code_of(ada.client.post("/v1/customers/lookup", content=body, headers=headers)) == (400, "bad_body")


def test_a_lookup_that_is_too_large(ada):
    assert code_of(looks_up(ada, "email", "x" * 20_000)) == (400, "too_large")


@pytest.mark.parametrize(
    ("kind", "value"),
    [("email", "ada"), ("phone", "soon"), ("name", "Ada"), ("card", "x"), ("user_id", ""), ("user_id", "a\0b")],
)
def test_a_value_that_its_kind_cannot_have(ada, kind, value):
    assert code_of(looks_up(ada, kind, value)) == (400, "bad_identity")


def test_looking_up_a_stranger(ada):
    assert code_of(looks_up(ada, "email", "bob@example.com")) == (404, "customer_not_found")


# --- who may read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PATHS, "/v1/customers/nobody"])
def test_a_public_key_reads_nothing_and_learns_nothing(ada, path):
    answer = ada.client.get(path, headers={"Authorization": f"Bearer {ada.public}"})

    assert code_of(answer) == (403, "secret_key_needed")


@pytest.mark.parametrize("value", ["ada@example.com", "bob@example.com"])
def test_a_public_key_does_not_learn_who_is_a_customer(ada, value):
    body = {"kind": "email", "value": value}

    answer = ada.client.post("/v1/customers/lookup", json=body, headers={"Authorization": f"Bearer {ada.public}"})

    assert code_of(answer) == (403, "secret_key_needed")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key(ada, path):
    answer = ada.client.get(path)

    assert code_of(answer) == (401, "key_needed")
    assert answer.headers["www-authenticate"] == 'Bearer realm="Regulars"'


def test_the_key_as_the_user_name_of_basic(ada):
    shown = b64encode(f"{ada.secret}:".encode()).decode()

    assert ada.client.get("/v1/customers/ada", headers={"Authorization": f"Basic {shown}"}).status_code == 200


def test_no_page_of_another_origin_may_read(ada):
    headers = {"Origin": "https://shop.example", "Authorization": f"Bearer {ada.secret}"}

    answers = [
        ada.client.get("/v1/customers/ada", headers=headers),
        ada.client.options("/v1/customers/ada", headers=headers),
    ]

    assert [answer.headers.get("access-control-allow-origin") for answer in answers] == [None, None]


# --- as of a past moment ---------------------------------------------------------------------------------------------


def test_a_customer_as_of_a_past_moment(ada):
    """The orders were placed now, on 17 May; before, and at any moment since, it is what was held then."""
    before = ada.reads("/v1/customers/ada", as_of="2024-05-17T09:29:59Z").json()
    since = ada.reads("/v1/customers/ada", as_of="2024-05-17T09:30:00Z").json()
    now = ada.reads("/v1/customers/ada").json()

    assert (before["points"]["available"], before["tier"]["id"], before["lots"], before["facts"]) == (0, None, [], 0)
    assert {**since, "tier": None} == {**now, "tier": None}
    assert since["tier"] == {**now["tier"], "next": None, "keep": None}
    assert ada.reads("/v1/customers/ada", as_of="2024-05-16").json()["as_of"] == "2024-05-17T03:59:59.999999Z"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("as_of=2024-05-18", "yet to come"),
        ("as_of=2024-05-17T09:30:01Z", "yet to come"),
        ("as_of=yesterday", "Write `as_of` as"),
        ("as_of=2024-02-30", "Write the day as"),
        ("as_of=", "Write `as_of` as"),
        ("as_of=2024-05-16&as_of=2024-05-16", "once"),
    ],
)
def test_a_moment_that_is_none_is_a_problem_with_words(ada, query, says):
    answer = ada.reads(f"/v1/customers/ada?{query}")

    assert code_of(answer) == (400, "bad_period")
    assert says in answer.json()["detail"]
