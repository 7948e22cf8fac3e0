"""When a company's days begin and end: its timezone, also where that has changed."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lodestar.domain.refusals import InvalidContent

_ONE_DAY = timedelta(days=1)
_OF_THE_SERVER = ("localtime", "posixrules", "posix/", "right/")  # files beside the zones, no IANA names


@cache  # ZoneInfo's own cache holds on to eight zones only; companies live in more
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; `InvalidContent` for anything else."""
    try:
        if not name.startswith(_OF_THE_SERVER):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # ZoneInfo reads files: a folder, a path or an endless name fails each in its own way
    raise InvalidContent.of("timezone", 'timezone must be an IANA name such as "Europe/Berlin".')


class Clocks:
    """The clocks of a company over all its time: a first timezone, and others each from a day on.

    Every instant lies in exactly one local day. The first day in a new timezone begins at the instant at
    which the last one in the old timezone ended; the days after it begin at midnights of the new one, but
    never before that instant. So the first day is up to 26 hours longer or shorter than another; where it
    would be shorter than nothing, no instant lies in it. The functions `day_start` and `local_day` of the
    database say the same.
    """

    __slots__ = ("_seams", "_zones", "first_days")

    def __init__(self, timezones: Iterable[tuple[date, str]]) -> None:
        """`timezones` by the day from which each counts, in their order; the first has always counted.

        Raises `InvalidContent` for one that the IANA database does not know.
        """
        zones = [(first_day, zone_of(name)) for first_day, name in timezones]
        changes = [(day, zone) for (_, before), (day, zone) in pairwise(zones) if zone is not before]
        self.first_days = tuple(day for day, _ in changes)
        self._zones = [zones[0][1], *(zone for _, zone in changes)]
        self._seams: list[datetime] = []
        for first_day, old in zip(self.first_days, self._zones, strict=False):
            self._seams.append(max([_local(first_day, 0, old), *self._seams[-1:]]))

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day, in UTC; it is the end of the day before."""
        return self._not_before_seam(day - _ONE_DAY, _local(day, 0, self._zone_on(day - _ONE_DAY)))

    def at(self, day: date, hour: int) -> datetime:
        """The instant (UTC) of an hour on the clocks of a day, but never before the day has begun."""
        return max(_local(day, hour, self._zone_on(day)), self.start_of(day))

    def local_time(self, instant: datetime) -> datetime:
        """An aware instant as the clocks show it; `ValueError` for a naive one."""
        if instant.tzinfo is None:
            raise ValueError("An instant without a timezone would mean the server's: pass an aware datetime.")
        return instant.astimezone(self._zones[bisect_right(self._seams, instant)])

    def local_date(self, instant: datetime) -> date:
        """The local day that an aware instant lies in; `ValueError` as `local_time`."""
        shown = self.local_time(instant).date()
        begun = self.first_days[: bisect_right(self._seams, instant)]
        return max([shown, *begun[-1:]])  # where the clocks were put back, they show a day that has ended

    def _zone_on(self, day: date) -> ZoneInfo:
        return self._zones[bisect_right(self.first_days, day)]

    def _not_before_seam(self, day: date, instant: datetime) -> datetime:
        begun = bisect_right(self.first_days, day)
        return max([instant, *self._seams[max(begun - 1, 0) : begun]])


def _local(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The first instant at or after a local hour of a day, in UTC.

    An hour that comes twice means its first coming (fold 0). An hour that the clocks skip is read with
    the offset from before the jump: the jump itself, when it begins at that hour. Every jump over a
    midnight from 2020 to 2035 does; the tests prove it zone by zone.
    """
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
