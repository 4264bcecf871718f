"""The page at /docs in a real browser: it works under its policy, a route can be tried on it, and it asks nobody else."""

from playwright.sync_api import Page, expect


def test_a_route_can_be_tried_on_the_page(address: str, page: Page, outside_requests: list[str]):
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{address}/docs")
    page.locator("#operations-operation-healthz").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table").get_by_text("alive").first).to_be_visible()
    assert complaints == []
    assert outside_requests == []
