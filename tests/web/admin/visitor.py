"""A browser of few words: keeps cookies, follows no redirect by itself, and fills in forms as it found them."""

import re
from html import unescape
from typing import Any, Final

import httpx
from litestar import Litestar
from litestar.testing import TestClient

_HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


class Visitor:
    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client

    def opens(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers, follow_redirects=False)

    def sends(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """A form with exactly these fields."""
        return self.client.post(path, data=form, headers=headers, follow_redirects=False)

    def fills_in(self, page: str, action: str, /, **fields: str) -> httpx.Response:
        """The form of a page, with its hidden fields as the page has them."""
        return self.sends(action, {**hidden(self.opens(page).text), **fields})

    def signs_in(self, name: str, password: str, **more: Any) -> httpx.Response:
        return self.fills_in("/sign-in", "/sign-in", name=name, password=password, **more)


def hidden(html: str) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(html)}
