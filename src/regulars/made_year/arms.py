"""Who is shown a campaign, and who is held out: dealt out once, and the same for ever after."""

from regulars.made_year.draws import Draws
from regulars.made_year.model import Campaign


def is_shown(seed: int, campaign: Campaign, number: int) -> bool:
    return Draws(seed, "arm", campaign.salt, number).chance(campaign.share)
