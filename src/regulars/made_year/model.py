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


class Model(Struct, frozen=True):
    coming: Coming = Coming()
    naming: Naming = Naming()
