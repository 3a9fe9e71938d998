"""Zones and days off of both sides, from country, region and their own words (R16)."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import holidays

from schedules.businessdays import Calendar
from schedules.calendars import Calendars, calendars
from schedules.rhythm import Rhythm
from worker.presets import rhythm_of

YEARS_COVERED: Final = range(2015, 2041)
FRIDAY_SATURDAY: Final = frozenset({4, 5})
SATURDAY_SUNDAY: Final = frozenset({5, 6})
WEEKENDS: Final = dict.fromkeys(
    ("BH", "DZ", "EG", "IQ", "JO", "KW", "LY", "OM", "QA", "SA", "SD", "SY", "YE"), FRIDAY_SATURDAY
)
ZONES_OF_REGIONS: Final = {
    "US": {
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO MT NM UT WY ID",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
    },
    "CA": {
        "America/Vancouver": "BC",
        "America/Edmonton": "AB NT",
        "America/Regina": "SK",
        "America/Winnipeg": "MB",
        "America/Toronto": "ON QC NU",
        "America/Halifax": "NB NS PE",
        "America/St_Johns": "NL",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT",
        "Australia/Melbourne": "VIC",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Perth": "WA",
        "Australia/Hobart": "TAS",
        "Australia/Darwin": "NT",
    },
    "BR": {"America/Manaus": "AM RO RR", "America/Rio_Branco": "AC", "America/Cuiaba": "MT MS"},
    "ES": {"Atlantic/Canary": "CN"},
    "PT": {"Atlantic/Azores": "20", "Atlantic/Madeira": "30"},
}
MAIN_ZONES: Final = {
    "US": "America/New_York",
    "CA": "America/Toronto",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "MX": "America/Mexico_City",
    "RU": "Europe/Moscow",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "CN": "Asia/Shanghai",
    "NZ": "Pacific/Auckland",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "DE": "Europe/Berlin",
    "UA": "Europe/Kyiv",
}


def zone_of(country: str | None, region: str | None) -> str | None:
    """Give the zone of a region or country; None if the country is not given or has no zone of its own."""
    if not country:
        return None
    for zone, regions in ZONES_OF_REGIONS.get(country, {}).items():
        if region and region in regions.split():
            return zone
    return MAIN_ZONES.get(country) or _first_zones().get(country)


@lru_cache(maxsize=1)
def _first_zones() -> Mapping[str, str]:
    """Read the first zone of each country from the zone table of the tz database."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    rows = [row.split("\t") for row in table.splitlines() if row and not row.startswith("#")]
    zones: dict[str, str] = {}
    for country, _, zone, *_ in rows:
        zones.setdefault(country, zone)
    return zones


def side(place: Mapping[str, Any]) -> tuple[str | None, Calendar]:
    """Give the zone (None: not known) and the calendar of one side from its place's words."""
    country, region = place.get("country"), place.get("region")
    zone = place.get("timezone") or zone_of(country, region)
    own = tuple(date.fromisoformat(day) for day in place.get("days_off") or ())
    return zone, _calendar(country, region, own)


def calendars_of(seller: Mapping[str, Any], contact: Mapping[str, Any]) -> Calendars:
    """Build the calendars of a correspondence; a buyer's place that is not known is the seller's (R16)."""
    return _calendars(_place_key(seller), _place_key(contact), rhythm_of(seller))


PlaceKey = tuple[str | None, str | None, str | None, tuple[str, ...]]


def _place_key(place: Mapping[str, Any]) -> PlaceKey:
    return (place.get("timezone"), place.get("country"), place.get("region"), tuple(place.get("days_off") or ()))


@lru_cache(maxsize=20_000)
def _calendars(seller: PlaceKey, buyer: PlaceKey, rhythm: Rhythm) -> Calendars:
    names = ("timezone", "country", "region", "days_off")
    seller_zone, seller_calendar = side(dict(zip(names, seller, strict=True)))
    buyer_zone, buyer_calendar = side(dict(zip(names, buyer, strict=True)))
    if not buyer[1]:
        buyer_calendar = Calendar(
            weekend=seller_calendar.weekend, days_off=seller_calendar.days_off | buyer_calendar.days_off
        )
    home = seller_zone or "UTC"
    return calendars(buyer_zone or home, buyer_calendar, home, seller_calendar, rhythm)


@lru_cache(maxsize=4_096)
def _calendar(country: str | None, region: str | None, own: tuple[date, ...]) -> Calendar:
    weekend = WEEKENDS.get(country or "", SATURDAY_SUNDAY)
    return Calendar(weekend=weekend, days_off=_public_holidays(country, region) | frozenset(own))


@lru_cache(maxsize=1_024)
def _public_holidays(country: str | None, region: str | None) -> frozenset[date]:
    if not country or country not in holidays.list_supported_countries():
        return frozenset()
    regions = holidays.list_supported_countries().get(country, [])
    found = holidays.country_holidays(country, subdiv=region if region in regions else None, years=YEARS_COVERED)
    return frozenset(found)
