"""Where an address is, by a real file over made-up ranges."""

from pathlib import Path

import maxminddb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.wire.enrichment import Place, Places, PlacesError, PlacesReason
from tools.made_up_places import Value, database, place


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "places.mmdb"
    path.write_bytes(database())
    return path


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", Place("US", "New York", "Albany")),
        ("192.0.2.127", Place("US", "New York", "Albany")),
        ("192.0.2.128", Place("US", "Ohio", "Dayton")),
        ("198.51.100.7", Place("SE", "Skåne", "Lund")),
        (" 198.51.100.7 ", Place("SE", "Skåne", "Lund")),
        ("203.0.113.255", Place("DE")),
        ("2001:db8::1", Place("SE", "Uppsala", "Uppsala")),
        ("2001:DB8:8000:0::1", Place("FR", "Bretagne", "Rennes")),
        ("::ffff:198.51.100.7", Place("SE", "Skåne", "Lund")),
    ],
)
def test_an_address_of_the_database_has_a_place(path, address, expected):
    with Places(path) as places:
        assert places.place_of(address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "192.0.2", "192.0.2.1:443", "192.0.2.256", "192.0.2.1, 10.0.0.1", "2001:db8::1%eth0", "1" * 5_000],
)
def test_what_is_no_address_has_none(path, address):
    with Places(path) as places:
        assert places.place_of(address) is None


@pytest.mark.parametrize("address", ["192.0.3.0", "8.8.8.8", "2001:db7::1", "2a00::1"])
def test_nor_has_an_address_that_the_database_does_not_know(path, address):
    with Places(path) as places:
        assert places.place_of(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
    ],
)
def test_nor_has_one_that_is_nobodys_in_public_whatever_the_database_says(tmp_path, address):
    path = tmp_path / "everything.mmdb"
    path.write_bytes(database({"::/1": place("SE"), "8000::/1": place("SE")}))

    with Places(path) as places:
        assert places.place_of("192.0.2.1") == Place("SE")
        assert (
            places.place_of("172.32.0.0")
            == places.place_of("9.255.255.255")
            == places.place_of("fe00::1")
            == Place("SE")
        )
        assert places.place_of(address) is None


def test_a_country_of_registration_serves_where_there_is_no_other(tmp_path):
    records: dict[str, Value] = {
        "192.0.2.0/25": {"registered_country": {"iso_code": "se"}},
        "192.0.2.128/25": {"city": {"names": {"en": "Lund"}}},
    }
    path = tmp_path / "places.mmdb"
    path.write_bytes(database(records))

    with Places(path) as places:
        assert places.place_of("192.0.2.1") == Place("SE")
        assert places.place_of("192.0.2.129") is None


def test_names_are_clean_and_bounded(tmp_path):
    path = tmp_path / "places.mmdb"
    path.write_bytes(database({"192.0.2.0/24": place("SE", "Sk\x00åne", "x" * 200)}))

    with Places(path) as places:
        assert places.place_of("192.0.2.1") == Place("SE", "Sk åne", "x" * 100)


@pytest.mark.parametrize("record", ["Lund", ["SE"], {"country": "SE"}, {"country": {"iso_code": "Sweden"}}, {}])
def test_a_record_of_another_shape_says_nothing(tmp_path, record):
    path = tmp_path / "places.mmdb"
    path.write_bytes(database({"192.0.2.0/24": record}))

    with Places(path) as places:
        assert places.place_of("192.0.2.1") is None


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(PlacesError, match=r"^There is no file places\.mmdb\. Name a database") as refused:
        Places(tmp_path / "places.mmdb")
    assert refused.value.reason is PlacesReason.NO_FILE


def test_so_is_one_that_may_not_be_read(path, monkeypatch):
    def forbidden(_):
        raise PermissionError

    monkeypatch.setattr(maxminddb, "open_database", forbidden)
    with pytest.raises(PlacesError, match=r"^places\.mmdb cannot be read\. Let the user") as refused:
        Places(path)
    assert refused.value.reason is PlacesReason.UNREADABLE


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", database()[:-200], database()[: len(database()) // 2]])
def test_so_is_one_that_is_something_else_or_cut_off(path, content):
    path.write_bytes(content)

    with pytest.raises(PlacesError, match=r"^places\.mmdb is no database in MaxMind's format\. Unpack it") as refused:
        Places(path)
    assert refused.value.reason is PlacesReason.NOT_A_DATABASE


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(PlacesError) as refused:
        Places(tmp_path)
    assert refused.value.reason is PlacesReason.NOT_A_DATABASE


@pytest.mark.parametrize("type", ["GeoLite2-ASN", "GeoIP2-Anonymous-IP", "GeoIP2-Domain"])
def test_so_is_one_of_other_things_than_places(path, type):
    path.write_bytes(database(type=type))

    with pytest.raises(
        PlacesError, match=f"^places.mmdb is a database of the type “{type}”. Take one of cities"
    ) as refused:
        Places(path)
    assert refused.value.reason is PlacesReason.OF_OTHER_THINGS


@pytest.mark.parametrize("type", ["GeoLite2-City", "GeoIP2-Country", "DBIP-City-Lite", "GeoIP2-Enterprise"])
def test_the_usual_databases_are_taken(path, type):
    path.write_bytes(database(type=type))

    with Places(path) as places:
        assert places.place_of("203.0.113.1") == Place("DE")


# Of a text whose bytes lie outside the file, maxminddb's extension makes an empty one in a way that Python is giving up.
@pytest.mark.filterwarnings("ignore:PyUnicode_FromStringAndSize:DeprecationWarning")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(database()) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_file_is_refused_or_answers_less_but_never_raises_anything_else(path, damage):
    content = bytearray(database())
    for position, byte in damage:
        content[position] = byte
    path.write_bytes(content)
    answers = _answers(path)

    assert isinstance(answers, PlacesReason) or all(answer is None or len(answer.country) == 2 for answer in answers)


def _answers(path: Path) -> PlacesReason | list[Place | None]:
    try:
        with Places(path) as places:
            return [places.place_of(address) for address in ("192.0.2.1", "198.51.100.7", "2001:db8::1")]
    except PlacesError as refused:
        return refused.reason
