"""The browser that the tests use sees this machine's pages and nothing else."""

import pytest

SHOP_WINDOW = """
<title>Corner shop</title>
<link rel=stylesheet href="https://fonts.example/serif.css">
<img src="http://192.0.2.1/pixel.gif">
<script>
  new WebSocket("wss://tracker.example/live");
  fetch("http://localhost.example/collect").catch(() => document.title = "Corner shop, alone");
</script>
"""


def test_whatever_a_page_asks_of_the_world_is_refused_and_noted(page, outside_requests, tmp_path):
    (tmp_path / "shop.html").write_text(SHOP_WINDOW)

    page.goto((tmp_path / "shop.html").as_uri())
    page.wait_for_function("document.title == 'Corner shop, alone'")

    assert sorted(outside_requests) == [
        "http://192.0.2.1/pixel.gif",
        "http://localhost.example/collect",
        "https://fonts.example/serif.css",
        "wss://tracker.example/live",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_can_be_seen_as_other_people_set_it(new_page, scheme):
    page = new_page(color_scheme=scheme)

    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
