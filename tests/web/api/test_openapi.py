"""The document is whole and true: each route is in it, each problem is in it, and its examples are what they claim to be."""

import jsonschema
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from regulars.web.api.openapi import PROBLEMS, document
from regulars.web.app import api_handlers
from regulars.web.problems import Code

UNDOCUMENTED = {"/docs/{name}"}
SAID_BY_THE_FRAME = {Code.METHOD_NOT_ALLOWED, Code.FAILED, Code.FORBIDDEN, Code.TOO_MANY_REQUESTS}


def test_every_route_is_documented_with_its_method_and_nothing_else_is(app):
    paths = {path for handler in api_handlers() if isinstance(handler, HTTPRouteHandler) for path in handler.paths}
    served = {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path in paths
        for method in route.methods - {"OPTIONS"}
    }

    documented = {(path, method) for path, operations in document()["paths"].items() for method in operations}
    assert {one for one in served if one[0] not in UNDOCUMENTED} == documented


def test_every_problem_is_documented():
    assert {code for codes in PROBLEMS.values() for code in codes} == set(Code) - SAID_BY_THE_FRAME


def test_every_503_says_when_to_come_back():
    responses = document()["components"]["responses"]

    assert all(("Retry-After" in one["headers"]) == name.endswith("503") for name, one in responses.items())


def test_operations_have_names_of_their_own():
    names = [one["operationId"] for operations in document()["paths"].values() for one in operations.values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", [path for path, operations in document()["paths"].items() if "post" in operations])
def test_examples_of_bodies_are_what_their_schema_says(path):
    content = document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]

    jsonschema.validate(content["example"], {**content["schema"], "components": document()["components"]})


@pytest.mark.parametrize(
    "path",
    [
        path
        for path, said in document()["paths"].items()
        if path.startswith("/v1/") and "{" not in path and "post" in said
    ],
)
def test_examples_of_bodies_are_taken(api, path):
    ids = has_held_and_spent(api) if path in ("/v1/returns", "/v1/orders/forecast") or "/points/" in path else {}
    if path.endswith(("lookup", "-link")) or path.startswith("/v1/people/"):
        api.sends("identify", {"userId": "bea", "traits": {"email": "ada@example.com"}})
        api.sends("identify", {"userId": "ada"})
    example = document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]

    if path == "/v1/people/part":
        example = {
            "record": api.client.get("/v1/customers/ada", headers={"Authorization": f"Bearer {api.secret}"}).json()[
                "id"
            ]
        }

    example = {**example, **{name: ids[name] for name in ("reservation", "spending") if name in example}}
    headers = {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "example"}
    answer = api.client.post(path, json=example, headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json().get("rejected", []) == []


def has_held_and_spent(api):
    """Ada bought something, has points held and has spent some; the ids of both. Bea is there, too."""
    api.buys("ada", "1001", 45.80)
    api.buys("bea", "1002", 1.00)
    ada = {"kind": "user_id", "value": "ada"}
    held = api.commands("points/reservations", "held", customer=ada, points=5, seconds=60)
    spent = api.commands("points/spendings", "spent", customer=ada, points=5, purpose="A cup")
    return {"reservation": held.json()["id"], "spending": spent.json()["id"]}


def test_the_document_is_served(api):
    assert api.client.get("/openapi.json").json()["openapi"] == "3.1.0"


# --- the page to try it on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"])
def test_a_file_of_the_page_is_sent_once(api, name):
    plain = api.client.get(f"/docs/{name}", headers={"Accept-Encoding": "identity"})
    packed = api.client.get(f"/docs/{name}", headers={"Accept-Encoding": "gzip"})
    known = api.client.get(f"/docs/{name}", headers={"If-None-Match": plain.headers["etag"]})

    assert plain.content == packed.content
    assert (packed.headers["content-encoding"], known.status_code, known.content) == ("gzip", 304, b"")


@pytest.mark.parametrize("name", ["", "README.md", "..%2F..%2Fapp.py", "%2e%2e", "x" * 999])
def test_no_other_file_is_sent(api, name):
    assert api.client.get(f"/docs/{name}").status_code in (200, 404)
    assert b"import" not in api.client.get(f"/docs/{name}").content
