"""What was done to people: who of the staff, or which key, did what to which account, and when."""

from typing import Final

from litestar import Response, get

from regulars.service import audit
from regulars.service.audit import Deed
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of

A_PAGE: Final = 30
DEEDS: Final = {
    "merged": "Merged two customers",
    "parted": "Parted two customers again",
    "level_set": "Gave a level by hand, or took it back",
    "exported": "Exported everything that is known of a customer",
    "erased": "Erased a customer",
    "readmitted": "Let an erased name be somebody again",
    "adjusted": "Gave or took points by hand",
    "extended": "Let points last longer",
    "adjustment_asked": "Asked for points by hand, above the threshold",
    "adjustment_refused": "Refused points by hand that somebody asked for",
    "transferred": "Gave a customer’s points to another one",
    "returned": "Said that an order went back",
    "month_closed": "Closed the books of a month",
    "month_exported": "Exported the postings of a month",
    "segment_exported": "Exported who is in a segment",
    "asked": "A platform asked for somebody’s data",
    "webhook_added": "Had another system told what happens",
    "webhook_changed": "Changed what another system is told, or where",
    "webhook_secret_changed": "Changed the secret of a webhook",
    "webhook_disabled": "Disabled a webhook",
    "webhook_enabled": "Enabled a webhook again",
    "webhook_removed": "Removed a webhook",
    "webhook_sent_again": "Had messages of a webhook sent once more",
}


@get("/audit", sync_to_thread=True)
def audit_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    page = audit.deeds(desk.shop, request.query_params.get("older"), A_PAGE)
    return answer(
        request,
        "audit.html.j2",
        "customers",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        deeds=[_told(one, desk) for one in page.deeds],
        next=page.next,
        is_first="older" not in request.query_params,
    )


def _told(one: Deed, desk: Desk) -> dict[str, object]:
    return {
        "what": DEEDS.get(one.what, one.what.replace("_", " ").capitalize()),
        "when": telling.moment(one.at, desk.calendar),
        "who": one.who,
        "customer": telling.customer_link(one.customer, f"account {telling.short_id(one.customer)}")
        if one.customer
        else "",
        "details": one.details,
    }


handlers: Final = [audit_page]
