"""Over many years, each with a seed of its own, the interval holds the truth as often as it says."""

import pytest

from tools.truth_seeds import held


@pytest.mark.slow
def test_the_identification_rates_interval_of_95_percent_is_one(record_property):
    found = sum(held(range(1_000)))

    record_property("seeds", f"the interval held the truth in {found} of 1,000 years")
    assert 930 <= found <= 970
