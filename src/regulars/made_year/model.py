"""How people are in a made year: every number that a life is drawn with. docs/made-year.md says where the forms come from.

Rates are for a day of average busyness; a day that is twice as busy has twice the visits. Probabilities are of one act each, drawn
independently, unless it says otherwise.
"""

from msgspec import Struct


class Coming(Struct, frozen=True):
    """Who is there, and how often they come: Pareto/NBD, with the shop's seasons in it."""

    shoppers: float = 0.15
    """The share of shoppers among all who ever come; the others pass by: they look, and never buy."""
    known_before: float = 0.35
    """The share of shoppers who had an account before the year began."""
    order_shape: float = 1.1
    """A shopper's orders a day, while alive, are drawn from a gamma distribution with this shape …"""
    order_rate: float = 167.0
    """… and this rate, in days."""
    looks_per_order: float = 5.0
    """Visits without an order, for each with one."""
    leaving_shape: float = 0.8
    """A shopper stays exponentially long; how quickly somebody goes is drawn from a gamma distribution with this shape …"""
    leaving_rate: float = 150.0
    """… and this rate, in days."""
    comes_again: float = 0.12
    """That a passer-by is there again on the day after the first …"""
    half_life_days: float = 5.0
    """… which halves in so many days …"""
    most_days_again: int = 30
    """… and ends after so many."""
    agree: float = 0.80
    """Who agrees to analytics, of everybody."""
    withdraws: float = 1 / 3000
    """On one day, that somebody with an account from before takes that back."""


class Naming(Struct, frozen=True):
    """How the shop comes to know a name. Whoever orders gives one."""

    form_shown: float = 0.60
    """The newsletter's form is shown at most once, at somebody's very first visit, to whoever has no account from before."""
    form_answered: float = 0.10
    """By a shopper who sees it and does not order in that visit."""
    form_answered_passing: float = 0.01
    """By somebody who passes by."""
    account: float = 0.04
    """That a shopper makes an account in a visit without an order, later than the first."""
    guest: float = 0.40
    """Of first orders of those who have no name yet: without an account."""


class Travel(Struct, frozen=True):
    """How messages come from whoever says them to the shop: most at once, once and in order."""

    latency_ms: float = 180.0
    """The median time from a browser to the shop …"""
    latency_spread: float = 0.5
    """… and the standard deviation of its logarithm."""
    late: float = 0.01
    """Of a browser's requests: the line was gone, and it went hours later. At the latest it goes before the next visit begins."""
    late_least_minutes: int = 60
    late_most_minutes: int = 3 * 24 * 60
    out_of_order: float = 0.01
    """Of a browser's requests: the first attempt failed, and the next went after what was said later."""
    retry_most_minutes: int = 15
    repeated: float = 0.015
    """Of all requests: the answer was lost, so that the same was sent again …"""
    repeated_most_minutes: int = 60
    """… within so many minutes …"""
    repeated_otherwise: float = 0.3
    """… and of those, by a library that says something else of itself by then."""
    wrong_clocks: float = 0.02
    """Of devices: the clock is not right …"""
    most_wrong_days: int = 365
    """… by at most so much, ahead or behind."""
    broken: float = 0.001
    """Messages beside all others, for each of them, from a page or a program that is at fault: the contract refuses them."""


class Campaign(Struct, frozen=True):
    """What the shop tries on people, and what comes of it. It meets those whose name is known, in visits later than the one in
    which they gave it; a share of them, drawn once for all, is shown it, and the rest is held out. `lifts` works at the first such
    visit within its days."""

    id: str
    """By which it is told."""
    name: str
    """As people read it."""
    kind: str
    """`site`: a banner; `trial`: one of two pages; `mail`: a coupon that is mailed, at ten on the day before its first."""
    first_day: int
    """Days are counted from 0, the first of January."""
    last_day: int
    """Included."""
    share: float
    """Of people who are shown it."""
    salt: str
    """By which people are dealt out, and by nothing else."""
    lifts: float = 0.0
    """That it turns a visit without an order into one with an order."""
    value_times: float = 1.0
    """By which the value of orders is multiplied, in every visit in which it is shown, before a code takes something off."""
    code: str = ""
    """Of the coupon that comes with it."""
    percent_off: int = 0
    """What the coupon takes off."""


class Campaigns(Struct, frozen=True):
    """All of a year's, in the order in which they decide. The days of no two that lift overlap."""

    all: tuple[Campaign, ...] = (
        Campaign("checkout-in-one-page", "Checkout in one page", "trial", 40, 81, 0.5, "c1p", lifts=0.12),
        Campaign("spring-banner", "New for spring", "site", 90, 117, 0.8, "spr"),
        Campaign("warm-photos", "Warmer photographs", "trial", 120, 161, 0.5, "wph"),
        Campaign(
            "comeback-coupon",
            "We have missed you",
            "mail",
            231,
            244,
            0.8,
            "cbk",
            lifts=0.15,
            code="COMEBACK10",
            percent_off=10,
        ),
        Campaign(
            "autumn-offer", "15 % in autumn", "site", 257, 284, 0.8, "aut", lifts=0.20, code="AUTUMN15", percent_off=15
        ),
        Campaign("free-gift", "A gift from 50 euros", "site", 307, 333, 0.7, "gft", value_times=1.15),
    )
    """The table of campaigns below."""
    uses_code: float = 0.35
    """Of orders that would have been anyway, in a visit in which a code is known: that they use it …"""
    uses_code_bargains: float = 0.80
    """… and by those who look for bargains."""
    clicks: float = 0.05
    """That a banner is clicked in a visit where its code is not used."""


class Mails(Struct, frozen=True):
    """What the shop writes, to whom, and what becomes of it. Whoever answered the form gets all of it."""

    agree_before: float = 0.55
    """Of those with an account from before: they agreed to mails."""
    agree_naming: float = 0.45
    """Of those who give their name by an account or an order: they agree to mails as well."""
    newsletters: tuple[int, ...] = (8, 36, 64, 92, 127, 155, 183, 218, 246, 274, 309, 337)
    """The days on which one goes out, Thursdays, at ten."""
    birthday_minute: int = 540
    """Of the day, at which a birthday's mail goes out."""
    newsletter_minute: int = 600
    """Of the day, at which all others do."""
    bounces_hard: float = 0.01
    """Of addresses: there is no such. The first mail tells, and is the last."""
    bounces_soft: float = 0.005
    """Of mails: the mailbox is full."""
    opened: float = 0.28
    """Of delivered mails, by people."""
    opened_after: tuple[float, ...] = (0.7, 0.2, 0.1)
    """Of these, on the same day, the next, and the one after."""
    clicked: float = 0.8
    """Of mails that are opened by somebody who comes to the site soon after, for the first time on that day …"""
    clicked_within_days: int = 3
    """… which is soon enough so many days later."""
    unsubscribes: float = 0.006
    """Of opened mails."""
    apple: float = 0.50
    """Of people: Apple's proxy fetches every mail's pictures at once, and nobody hears when they open it themselves."""
    gateway: float = 0.06
    """Of the others: a gateway opens each mail and clicks every link in it, at once …"""
    gateway_says: float = 0.5
    """… and of these gateways, says who it is; the others look like a browser."""
    links: int = 4
    """In each mail."""


class Surveys(Struct, frozen=True):
    """What is asked, how often it is answered, and with what. Each score is drawn by itself."""

    csat_after_days: int = 2
    """How satisfied somebody is, 1 to 5, is asked so many days after each delivery, at ten."""
    csat_answered: float = 0.25
    """Of those who are asked."""
    shift_day: int = 200
    """Parcels that are delivered on this day or later come by another carrier."""
    csat_before: tuple[float, ...] = (0.03, 0.05, 0.12, 0.35, 0.45)
    """The shares of the scores from 1 to 5, by what was delivered before …"""
    csat_after: tuple[float, ...] = (0.10, 0.12, 0.18, 0.32, 0.28)
    """… and by what was delivered since."""
    nps_days: tuple[int, ...] = (83, 265)
    """Whether somebody would recommend the shop, 0 to 10, is asked of all who may be written to, by mail, twice."""
    nps_answered: float = 0.15
    """Of those who are asked."""
    nps_scores: tuple[tuple[float, ...], ...] = (
        (0.01, 0.01, 0.01, 0.02, 0.02, 0.05, 0.06, 0.12, 0.20, 0.22, 0.28),
        (0.02, 0.02, 0.02, 0.03, 0.04, 0.07, 0.08, 0.14, 0.19, 0.18, 0.21),
    )
    """The shares of the scores from 0 to 10, each time."""
    ces_answered: float = 0.20
    """How easy it was to be helped, 1 to 7, is asked an hour after each case is closed: of those, answered."""
    ces_scores: tuple[float, ...] = (0.05, 0.06, 0.08, 0.13, 0.20, 0.26, 0.22)
    """The shares of the scores from 1 to 7."""
    answered_after: tuple[float, ...] = (0.5, 0.3, 0.2)
    """Of answers, on the day of the question, the next, and the one after."""
    says_why: float = 0.40
    """Of answers: with a few words, in the person's language."""
    blames_delivery: float = 0.30
    """Of low scores with words, about what was delivered before the shift: they are about the delivery …"""
    blames_delivery_after: float = 0.75
    """… and since."""


class Support(Struct, frozen=True):
    """Cases at the help desk, which answers and closes from nine to six, Monday to Friday."""

    after_order: float = 0.06
    """Of orders: there is a case …"""
    late_parcel: float = 0.03
    """… and, of those delivered since the shift, one more, about the delivery."""
    without_order: float = 0.002
    """Of visits without an order, by those whose name is known: a question before buying."""
    topics: tuple[tuple[str, float], ...] = (
        ("delivery", 0.30),
        ("return", 0.30),
        ("size", 0.18),
        ("invoice", 0.10),
        ("quality", 0.12),
    )
    """What cases after orders are about."""
    channels: tuple[tuple[str, float], ...] = (("email", 0.60), ("chat", 0.28), ("phone", 0.12))
    """How they come in."""
    agents: tuple[str, ...] = ("noor", "daan", "sanne", "milan", "lotte")
    """Who answers."""
    answer_hours: tuple[tuple[str, float], ...] = (("email", 5.0), ("chat", 0.05), ("phone", 0.02))
    """Until the answer: the median of a log-normal …"""
    answer_sigma: float = 0.8
    """… with this spread."""
    close_hours: float = 9.0
    """From the answer until the case is closed, on the average, exponentially."""


class Referrals(Struct, frozen=True):
    """Customers who bring customers, and some who bring themselves."""

    advocates: float = 0.30
    """Of those with an account from before: they share their link …"""
    shared_until: int = 14
    """… on one of so many first days."""
    referred: float = 0.06
    """Of new shoppers who give their name after those days: the advocate with the nearest lower number has referred them."""
    false: float = 0.12
    """Of advocates: once in the year they refer themselves, under a further address."""
    same_mailbox: float = 0.4
    """Of false ones: the address is the advocate's own with a `+` in it; the others are done on the advocate's own device."""
    reward_after_days: int = 14
    """From the delivery of the friend's first order until both are rewarded."""


class Costs(Struct, frozen=True):
    """What the year costs the shop, in minor units. Where it goes with the traffic, it goes with the busyness of the days."""

    paid_search_minor: int = 42
    """For a click in a search engine …"""
    paid_search_share: float = 0.185
    """… and of those who come for the first time, who come so."""
    paid_social_minor: int = 31
    """For a click in a social network …"""
    paid_social_share: float = 0.157
    """… and of those who come for the first time, who come so."""
    affiliate_minor: int = 450
    """For an order that a partner has brought …"""
    affiliate_share: float = 0.05
    """… and of orders, these."""
    orders_a_year: float = 1.1
    """For each customer: what costs are planned with; it is nobody's own rate."""
    shipping_minor: int = 525
    """For an order that is sent."""
    case_minor: int = 610
    """For a case at the help desk …"""
    cases_per_order: float = 0.07
    """… of which there are so many."""
    mail_minor_a_month: int = 3
    """To the mail service, for each customer."""
    photography_minor_a_month: int = 95_000
    """For pictures of new goods, in the months in which seasons begin."""
    photography_months: tuple[int, ...] = (2, 3, 8, 9)
    """Which these are."""
    campaign_minor: tuple[tuple[str, int], ...] = (
        ("checkout-in-one-page", 640_000),
        ("spring-banner", 120_000),
        ("warm-photos", 260_000),
        ("comeback-coupon", 45_000),
        ("autumn-offer", 150_000),
        ("free-gift", 310_000),
    )
    """To make each campaign, in the month in which it begins."""


class People(Struct, frozen=True):
    """Who they are. Shares are of shoppers, where it does not say otherwise."""

    second_device: float = 0.35
    """They have another device as well, and use it once they have an account …"""
    on_second_device: float = 0.40
    """… in so many of their visits."""
    household: float = 0.90
    """Of two shoppers who stand next to each other, of those in one of the rows of sixty-four people who may, that they share a
    tablet: about one shopper in ten does …"""
    household_visits: int = 8
    """… where whoever may agreed to analytics for good, and comes so often in the whole year once they have an account …"""
    on_household_device: float = 0.90
    """… and so many of the visits fall to it, as far as it is free: on even days the one has it until half past three in the
    afternoon and the other after it, on odd days the other way round."""
    second_account: float = 0.03
    """One of their orders is the first of a second account, under another e-mail address, and the first is not used again."""
    registers: float = 0.15
    """Whoever gave no more than an e-mail address makes an account under it: that they do so in a visit after that one."""
    card: float = 0.55
    """Of those known before the year: they hold a card for the till."""
    phone: float = 0.60
    """They told a telephone number with their account."""
    birthday: float = 0.50
    """They told their birthday with their account."""
    bargains: float = 0.30
    """They look for what is cheaper, and for codes."""
    one_category: float = 0.22
    """They buy in one category alone."""


class Browsing(Struct, frozen=True):
    """What is done in a visit."""

    leaves_at_once_passing: float = 0.50
    """Of the visits of those who pass by: the first page is the only one."""
    leaves_at_once: float = 0.20
    """Of a shopper's visits without an order."""
    further_pages_passing: float = 0.8
    """Further pages after the second: a Poisson number, eleven at most; of those who pass by …"""
    further_pages: float = 1.7
    """… and of shoppers."""
    searches: float = 0.12
    """The next page is a search …"""
    lists: float = 0.30
    """… or a category, or else a product."""
    basket: float = 0.08
    """Of products that are looked at by shoppers, in a visit without an order: it goes into the basket."""
    basket_passing: float = 0.02
    """The same of those who pass by."""
    removed: float = 0.15
    """Of baskets that are left: one product was taken out again."""
    checkout: float = 0.40
    """Of baskets that are left: the checkout was begun."""
    wishes: float = 0.02
    """Of products that are looked at: it is kept on the list of wishes."""
    sources_passing: tuple[float, ...] = (0.17, 0.29, 0.20, 0.17, 0.06, 0.06, 0.05)
    """Where those who pass by come from: nowhere known, unpaid search, paid search, a paid picture on Instagram, a partner, a
    link on another site, Pinterest."""
    sources: tuple[float, ...] = (0.42, 0.25, 0.10, 0.08, 0.05, 0.05, 0.05)
    """The same of shoppers, in visits that do not begin in a mail."""


class Buying(Struct, frozen=True):
    """What an order is."""

    further_lines: float = 0.55
    """After the first line of an order: a Poisson number, five at most."""
    two_of_it: float = 0.12
    """Of lines: two are bought."""
    on_sale: float = 0.60
    """Bargain hunters in January and July: the line is of what is on sale, where the category has any."""
    minutes_least: int = 6
    """From the visit's beginning to the order …"""
    minutes_most: int = 30
    till_per_order: float = 0.30
    """Purchases at the till, by holders of a card, for each order on the site."""
    cancelled: float = 0.02
    """Orders on the site: the customer cancels on the same day."""
    returned_fashion: float = 0.12
    """Lines of fashion: sent back within thirty days …"""
    returned_home: float = 0.04
    """… and lines of the home."""
    shipping_minor: int = 495
    free_shipping_from_minor: int = 5_000


class Bots(Struct, frozen=True):
    """Who is nobody."""

    share: float = 0.05
    """Of all pages that are asked for, as many are theirs, about."""
    pages_per_customer: float = 48.0
    """What people ask for in a year, for each shopper, about: the yardstick for the share."""


class Model(Struct, frozen=True):
    coming: Coming = Coming()
    naming: Naming = Naming()
    travel: Travel = Travel()
    campaigns: Campaigns = Campaigns()
    mails: Mails = Mails()
    surveys: Surveys = Surveys()
    support: Support = Support()
    referrals: Referrals = Referrals()
    costs: Costs = Costs()
    people: People = People()
    browsing: Browsing = Browsing()
    buying: Buying = Buying()
    bots: Bots = Bots()
