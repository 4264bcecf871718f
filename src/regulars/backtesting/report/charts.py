"""Charts: Vega-Lite specifications, drawn to SVG beforehand, so that the page needs no script.

One theme for all. Colours are the page's own, by their CSS names, so that a chart follows the reader into the dark. What is
drawn has its name beside it; the last point bears its figure; every scale that measures begins at zero. Each chart is drawn
twice, for a desk and for a phone, with text of the same size.

Values are whole numbers in some unit (points, minor units, hundredths of a per cent); a `Unit` says how a tick is written.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any, Final
from xml.etree import ElementTree

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from regulars.backtesting.report.words import MINUS, THIN, shortened
from regulars.kernel.calendar import MONTHS
from regulars.kernel.terms import Currency

Unit = Callable[[int], str]
"""How a value is written at a tick: `600k`, `0.5 %`."""

INK, SOFT, LINE, PAPER = "var(--ink)", "var(--soft)", "var(--line)", "var(--paper)"
ACCENT, GAIN, LOSS, WAITING = "var(--accent)", "var(--gain)", "var(--loss)", "var(--waiting)"
RANKS: Final = tuple(f"var(--rank-{number})" for number in range(1, 6))

TEXT_SIZE: Final = 14
LINE_HEIGHT: Final = 17
AXIS_WIDTH: Final = 48
THICKEST: Final = 64
LONGEST: Final = 34
"""Letters of a name, at most; tables show the whole."""


class Size(Struct, frozen=True):
    width: int
    height: int
    margin: int
    """Room at the right, for the names of what is drawn."""
    month_labels: int
    """How many months can be named."""


WIDE: Final = Size(744, 264, 112, 24)
NARROW: Final = Size(343, 232, 84, 6)


class Series(Struct, frozen=True):
    """One measure by month. `last` is what is written at its last point."""

    name: str
    colour: str
    values: Sequence[int]
    last: str


class Bar(Struct, frozen=True):
    """`text` stands at its end."""

    value: int
    text: str
    colour: str


class Reach(Struct, frozen=True):
    """What a scale holds, and where it is marked."""

    lowest: int
    highest: int
    ticks: Sequence[int]


class Group(Struct, frozen=True):
    """Bars that belong together, under one name."""

    name: str
    bars: Sequence[Bar]


class Drawing(Struct, frozen=True):
    """One chart, drawn for a desk and for a phone."""

    wide: Markup
    narrow: Markup


def theme() -> dict[str, Any]:
    """The one theme: no frame, no ticks, hairlines behind, figures in the page's own type."""
    return {
        "aria": False,
        "background": None,
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "title": None,
            "gridColor": LINE,
            "labelColor": SOFT,
            "labelFontSize": TEXT_SIZE,
            "labelLineHeight": LINE_HEIGHT,
            "labelOverlap": False,
        },
        "axisX": {"grid": False, "labelAngle": 0, "labelPadding": 8, "labelBaseline": "top"},
        "axisY": {"labelAlign": "left", "labelPadding": AXIS_WIDTH, "labelLimit": AXIS_WIDTH},
        "line": {"strokeWidth": 2.5, "strokeJoin": "round", "strokeCap": "round"},
        "point": {"size": 60, "filled": True, "opacity": 1, "stroke": PAPER, "strokeWidth": 1.5},
        "text": {"fontSize": TEXT_SIZE, "lineHeight": LINE_HEIGHT, "color": INK},
    }


def columns(months: Sequence[str], series: Sequence[Series], unit: Unit, described: str) -> Drawing:
    """Stacked columns by month: what is positive upwards, what is negative downwards."""
    spans: list[dict[str, Any]] = []
    ends: list[tuple[Series, float]] = []
    lowest = highest = 0
    for number, month in enumerate(months):
        up = down = 0
        for one in series:
            value = one.values[number]
            start = up if value >= 0 else down
            spans.append({"month": month, "low": start, "high": start + value, "colour": one.colour})
            up, down = up + max(value, 0), down + min(value, 0)
            if number == len(months) - 1:
                ends.append((one, start + value / 2))
        lowest, highest = min(lowest, down), max(highest, up)
    reach = _reach(lowest, highest)

    def draw(usual: Size) -> Markup:
        size = _with_room(usual, series)
        thickness = max(1, min(THICKEST, round(0.76 * (size.width - AXIS_WIDTH - size.margin) / len(months))))
        altair = _altair()
        bars = (
            altair.Chart(altair.Data(values=spans))
            .mark_bar(size=thickness, stroke=PAPER, strokeWidth=1 if thickness > 6 else 0)
            .encode(
                x=_months_axis(months, size),
                y=_measure_axis("low", reach, unit),
                y2="high:Q",
                color=altair.Color("colour:N", scale=None, legend=None),
            )
        )
        return _drawn([bars, _zero_line(), *_names_at_the_end(ends, reach, size)], size, described)

    return Drawing(draw(WIDE), draw(NARROW))


def lines(months: Sequence[str], series: Sequence[Series], unit: Unit, described: str) -> Drawing:
    """A line for each, over a scale from zero, the last point marked."""
    points = [
        {"month": month, "value": value, "colour": one.colour, "name": number}
        for number, one in enumerate(series)
        for month, value in zip(months, one.values, strict=True)
    ]
    ends = [(one, float(one.values[-1])) for one in series]
    every = [value for one in series for value in one.values]
    reach = _reach(min(every), max(every))

    def draw(usual: Size) -> Markup:
        size = _with_room(usual, series)
        altair = _altair()
        colour = altair.Color("colour:N", scale=None, legend=None)
        x, y = _months_axis(months, size), _measure_axis("value", reach, unit)
        drawn = altair.Chart(altair.Data(values=points)).mark_line().encode(x=x, y=y, color=colour, detail="name:N")
        last = [point for point in points if point["month"] == months[-1]]
        dots = altair.Chart(altair.Data(values=last)).mark_point().encode(x=x, y=y, color=colour)
        return _drawn([_zero_line(), drawn, dots, *_names_at_the_end(ends, reach, size)], size, described)

    return Drawing(draw(WIDE), draw(NARROW))


def bars(groups: Sequence[Group], described: str, *, names_beside: bool) -> Drawing:
    """Horizontal bars from zero, in groups. Names that are short stand beside, with the figure at the end of the bar; others
    above, with the figure at the right."""
    beside = _room(group.name for group in groups) if names_beside else 0
    thickness = 16 if len(groups[0].bars) > 1 else 20
    gap = 12
    head = 0 if names_beside else LINE_HEIGHT + 4
    most = max([1, *[abs(bar.value) for group in groups for bar in group.bars]])
    rows: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    at = 2
    for group in groups:
        tall = thickness * len(group.bars)
        names.append({"name": shortened(group.name, LONGEST), "at": at + (tall if names_beside else LINE_HEIGHT) / 2})
        for number, bar in enumerate(group.bars):
            top = at + head + number * thickness
            end = top + thickness - 1
            middle = (top + end) / 2 + 0.5 if names_beside else at + LINE_HEIGHT / 2
            row = {"top": top, "middle": middle, "end": end, "value": abs(bar.value)}
            rows.append(row | {"text": bar.text, "colour": bar.colour})
        at += head + tall + gap

    def draw(size: Size) -> Markup:
        altair = _altair()
        frame = Size(size.width, at - gap + 4, 0, 0)
        plot = frame.width - beside - (_room(row["text"] for row in rows) if names_beside else 0)
        placed = [row | {"left": beside, "right": beside + _long(row["value"], plot / most)} for row in rows]
        source = altair.Data(values=placed)
        x, y = altair.X("left:Q", scale=None, axis=None), altair.Y("top:Q", scale=None, axis=None)
        colour = altair.Color("colour:N", scale=None, legend=None)
        drawn = altair.Chart(source).mark_bar().encode(x=x, x2="right:Q", y=y, y2="end:Q", color=colour)
        figures = altair.Chart(source).mark_text(
            align="left" if names_beside else "right", dx=8 if names_beside else 0, baseline="middle"
        )
        texts = figures.encode(
            x=altair.X("right:Q", scale=None) if names_beside else altair.value(frame.width),
            y=altair.Y("middle:Q", scale=None),
            text="text:N",
        )
        labels = (
            altair.Chart(altair.Data(values=names))
            .mark_text(align="left", baseline="middle", color=SOFT if names_beside else INK)
            .encode(x=altair.value(0), y=altair.Y("at:Q", scale=None), text="name:N")
        )
        return _drawn([drawn, texts, labels], frame, described, bare=True)

    return Drawing(draw(WIDE), draw(NARROW))


def _long(value: int, scale: float) -> float:
    """What is there at all can be seen."""
    return max(1.0, value * scale) if value else 0.0


def _room(texts: Iterable[str]) -> int:
    """Pixels enough for the longest; figures and letters of this type are narrower than half their height."""
    return round(max([len(shortened(text, LONGEST)) for text in texts]) * TEXT_SIZE * 0.49) + 12


def _with_room(size: Size, series: Sequence[Series]) -> Size:
    return replace(size, margin=max(size.margin, _room(one.last for one in series)))


def ranked(number: int, of: int) -> str:
    """The colour of one level among several, from the lightest to the darkest."""
    return RANKS[round((number + 1) * (len(RANKS) - 1) / of)] if of > 1 else RANKS[2]


def counted(value: int) -> str:
    """`600k`, `1.5M`."""
    for sign, unit in (("bn", 10**9), ("M", 10**6), ("k", 10**3)):
        if abs(value) >= unit:
            whole, rest = divmod(abs(value) * 10 // unit, 10)
            return f"{MINUS if value < 0 else ''}{whole:,}{f'.{rest}' if rest else ''}{sign}"
    return f"{value:,}".replace("-", MINUS)


def percent(hundredths: int) -> str:
    """`1.5 %` for 150."""
    if not hundredths:
        return f"0{THIN}%"
    whole, rest = divmod(abs(hundredths), 100)
    return f"{MINUS if hundredths < 0 else ''}{whole:,}.{f'{rest:02}'.removesuffix('0')}{THIN}%"


def paid(currency: Currency) -> Unit:
    """Minor units as `40k` of the currency."""

    def written(amount_minor: int) -> str:
        major, minor = divmod(abs(amount_minor), 10**currency.exponent)
        if minor:
            return currency.amount(amount_minor).replace("-", MINUS)
        return counted(-major if amount_minor < 0 else major)

    return written


# --- how a chart is put together -----------------------------------------------------------------------------------------


def _drawn(layers: Sequence[Any], size: Size, described: str, *, bare: bool = False) -> Markup:
    """`bare` is without axes."""
    altair = _altair()
    chart = altair.layer(*layers).properties(
        width=size.width - (0 if bare else AXIS_WIDTH + size.margin),
        height=size.height if bare else size.height - _TOP - _BOTTOM,
        autosize=altair.AutoSizeParams(type="none"),
        padding={"left": 0, "right": 0, "top": 0, "bottom": 0}
        if bare
        else {"left": AXIS_WIDTH, "right": size.margin, "top": _TOP, "bottom": _BOTTOM},
    )
    specification = chart.to_dict()
    specification["config"] = theme()
    return _tidied(_vega().vegalite_to_svg(specification), size, described)


_TOP: Final = 12
_BOTTOM: Final = 44


def _months_axis(months: Sequence[str], size: Size) -> Any:
    """Names as many as there is room for; a year stands where it begins. `2017-03` is a month, `2017-03-06` a week's Monday."""
    weekly = len(months[0]) > len("2017-03")
    named = _weeks_named(months, size) if weekly else _months_named(months, size)
    by_day = weekly and len(named) == len(months)
    labels: dict[str, list[str]] = {}
    year = ""
    for month in named:
        day = f"{int(month[8:])} " if by_day else ""
        labels[month] = [f"{day}{MONTHS[int(month[5:7]) - 1][:3]}", *([month[:4]] if month[:4] != year else [])]
        year = month[:4]
    altair = _altair()
    return altair.X(
        "month:O",
        scale=altair.Scale(type="band", domain=list(months), padding=0),
        axis=altair.Axis(values=named, labelExpr=f"{json.dumps(labels)}[datum.value]"),
    )


def _months_named(months: Sequence[str], size: Size) -> list[str]:
    """Each, every third, each January …"""
    every = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if len(months) <= size.month_labels * step)
    if every == 1 or len(months) <= 12:
        return list(months[::every])
    return [month for month in months if (int(month[:4]) * 12 + int(month[5:]) - 1) % every == 0]


def _weeks_named(weeks: Sequence[str], size: Size) -> list[str]:
    """Each where they are few; else the first that begins in a month, of every month, every third …"""
    if len(weeks) * 2 <= size.month_labels + 2:
        return list(weeks)
    firsts = [week for before, week in pairwise(weeks) if week[:7] != before[:7]]
    kept = _months_named([week[:7] for week in firsts], size) if firsts else []
    return [week for week in firsts if week[:7] in kept] or [weeks[0]]


def _measure_axis(field: str, reach: Reach, unit: Unit) -> Any:
    altair = _altair()
    labels = {str(tick): unit(tick) for tick in reach.ticks}
    return altair.Y(
        f"{field}:Q",
        scale=altair.Scale(domain=[reach.lowest, reach.highest], nice=False),
        axis=altair.Axis(values=list(reach.ticks), labelExpr=f"{json.dumps(labels)}[datum.value]"),
    )


def _zero_line() -> Any:
    altair = _altair()
    return altair.Chart(altair.Data(values=[{"zero": 0}])).mark_rule(color=SOFT).encode(y="zero:Q")


def _names_at_the_end(ends: Sequence[tuple[Series, float]], reach: Reach, size: Size) -> list[Any]:
    """At the right of the last point its name and its figure, moved apart where they would overlap."""
    altair = _altair()
    height = size.height - _TOP - _BOTTOM
    scale = height / (reach.highest - reach.lowest)
    wanted = [(reach.highest - value) * scale for _, value in ends]
    two_lines = (height + LINE_HEIGHT) / max(1, len(ends)) >= 2 * LINE_HEIGHT + 4
    room = 2 * LINE_HEIGHT + 4 if two_lines else LINE_HEIGHT
    placed = _apart(wanted, room, float(height + 8))
    texts: list[dict[str, Any]] = []
    longest = max(4, (size.margin - 10) // 7)
    for (one, _), at in zip(ends, placed, strict=True):
        value = reach.highest - at / scale
        if two_lines:
            texts.append(
                {
                    "at": value,
                    "text": shortened(one.name, longest),
                    "colour": INK if one.colour in RANKS else one.colour,
                    "shift": -LINE_HEIGHT / 2,
                }
            )
            texts.append({"at": value, "text": one.last, "colour": INK, "shift": LINE_HEIGHT / 2})
        else:
            whole = f"{shortened(one.name, max(4, longest - len(one.last) - 1))} {one.last}"
            texts.append({"at": value, "text": whole, "colour": INK, "shift": 0})
    marks = []
    for shift in sorted({text["shift"] for text in texts}):
        these = altair.Data(values=[text for text in texts if text["shift"] == shift])
        mark = altair.Chart(these).mark_text(
            align="left", baseline="middle", dx=10, dy=shift, fontWeight=600 if shift < 0 else 400
        )
        width = size.width - AXIS_WIDTH - size.margin
        colour = altair.Color("colour:N", scale=None, legend=None)
        marks.append(mark.encode(x=altair.value(width), y="at:Q", text="text:N", color=colour))
    return marks


def _apart(wanted: Sequence[float], room: float, bottom: float) -> list[float]:
    """The wanted heights, none nearer than `room` to the next, none below `bottom`, in the order in which they stood."""
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    placed = list(wanted)
    floor = 0.0
    for number in order:
        placed[number] = max(placed[number], floor)
        floor = placed[number] + room
    ceiling = bottom
    for number in reversed(order):
        placed[number] = min(placed[number], ceiling)
        ceiling = placed[number] - room
    return placed


def _reach(lowest: int, highest: int) -> Reach:
    """From the lowest, or zero, to the highest, with round whole numbers between them; zero is always one."""
    lowest, highest = min(0, lowest), max(0, highest)
    if lowest == highest:
        highest = 1
    step = next(
        base * 10**power for power in range(20) for base in (1, 2, 5) if highest - lowest <= base * 10**power * 4
    )
    return Reach(lowest, highest, [number * step for number in range(-(-lowest // step), highest // step + 1)])


_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_SVG: Final = "{http://www.w3.org/2000/svg}"
_KEPT: Final = re.compile(
    "d|dx|dy|fill|font-size|font-weight|opacity|stroke|stroke-linecap|stroke-linejoin|stroke-width|text-anchor|transform|x|x1|x2|y|y1|y2"
)


def _tidied(svg: str, size: Size, described: str) -> Markup:
    """The drawing alone, with what it shows in words: no ids and no styles of its own, and the page gives it its type."""
    root = ElementTree.fromstring(svg)
    _tidy(root)
    root.attrib.clear()
    root.set("viewBox", f"0 0 {size.width} {size.height}")
    root.set("class", "drawing")
    root.set("role", "img")
    root.set("aria-label", described)
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=True))


def _tidy(element: ElementTree.Element) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    for name in [name for name in element.attrib if not _KEPT.fullmatch(name)]:
        del element.attrib[name]
    for name in ("d", "transform"):
        if name in element.attrib:
            element.attrib[name] = _rounded(element.attrib[name])
    for name, idle in (("opacity", "1"), ("transform", "translate(0,0)")):
        if element.attrib.get(name) == idle:
            del element.attrib[name]
    for child in list(element):
        if _draws_nothing(child):
            element.remove(child)
        else:
            _tidy(child)


def _draws_nothing(element: ElementTree.Element) -> bool:
    return element.attrib.get("class") in ("background", "foreground") and "fill" not in element.attrib


def _rounded(numbers: str) -> str:
    """Two decimals are finer than any eye."""
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), numbers)


@cache
def _altair() -> Any:
    """Loaded when the first chart is drawn: a command that draws none must start quickly."""
    import altair

    return altair


@cache
def _vega() -> ModuleType:
    import vl_convert

    return vl_convert
