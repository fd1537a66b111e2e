"""What stands in each column of the invented tables, as SQL over the invented people. Made from the catalogue alone.

Facts about one pupil agree with each other: a school year follows from the date of birth, a period ends after it
begins, needs are named for those who get support, and what is asked only of young children or of sixth forms is empty
for the rest. Nothing else is modelled: no figure here says anything about real pupils.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from rollbook.dataplane.census.catalogue import Item
from rollbook.dataplane.census.codes import codes_of

Codes = Mapping[str, Collection[str]]
NO_CODES: Codes = MappingProxyType({})
CENSUS_DAY = "DATE '2026-01-15'"
# Of each table beside `pupil`: who has rows in it, how many in a thousand of them, and how many rows each at most.
SPREAD: Mapping[str, tuple[str, int, int]] = MappingProxyType(
    {
        "fsm_period": ("true", 250, 2),
        "sen_need": ("sen <> 'N'", 980, 2),
        "exclusion": ("age >= 5", 40, 3),
        "session": ("age >= 5", 980, 6),
        "second_half_session": ("age >= 5", 980, 6),
        "funding_basis": ("age <= 4", 600, 2),
        "learner_support": ("age >= 16", 100, 2),
        "learner_fam": ("age >= 16", 300, 2),
        "learning_aim": ("age >= 16", 980, 4),
        "programme_aim": ("age >= 16", 900, 1),
        "work_placement": ("age >= 16", 200, 2),
        "setting": ("age <= 4", 100, 1),
    }
)
RARE = ("true", 50, 2)
_EARLY = frozenset(
    {
        "funded-hours", "extended-hours", "expanded-hours", "hours-at-setting", "eligibility-code", "eypp-receipt",
        "eypp-basis", "daf-indicator",
    }
)  # fmt: skip
_SIXTH_FORM = ("qual-hrs", "non-qual-hrs", "t-level", "maths-", "english-", "full-time-employment")
_WEIGHTS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "class-type": {"O": 95, "N": 5},
        "boarder": {"N": 97, "B": 1, "6": 1, "7": 1},
        "service-child": {"N": 92, "Y": 5, "U": 2, "R": 1},
        "young-carer": {"N": 98, "P": 1, "S": 1},
        "exclusion-category": {"SUSP": 95, "PERM": 3, "LNCH": 2},
        "uk-country": {"ENG": 97, "WLS": 1, "SCT": 1, "NIR": 1},
    }
)
_EVEN = frozenset({"sex", "nc-year", "sen-type", "attendance-reason", "second-half-reason"})


def people(seed: int, number: int) -> str:
    """The invented people: a row each, with what several tables need to agree on."""

    def d(what: str) -> str:
        return draw(what, seed, "i")

    return f"""
        WITH born AS (
            SELECT i, md5('{seed}/' || i) AS ppid, DATE '2007-09-01' + CAST({d("born")} % 5479 AS INTEGER) AS born
            FROM range({number}) t(i)
        ), aged AS (
            SELECT *, CAST(2025 - year(born) - (month(born) >= 9)::INTEGER AS INTEGER) AS age FROM born
        )
        SELECT *,
            CASE WHEN {d("sex")} % 1000 < 511 THEN 'M' ELSE 'F' END AS sex,
            CASE WHEN {d("sen")} % 100 < 80 THEN 'N' WHEN {d("sen")} % 100 < 94 THEN 'K' ELSE 'E' END AS sen,
            CASE WHEN age <= 4 OR age IN (11, 16) THEN DATE '2025-09-01'
                ELSE make_date(2025 - CAST({d("joined")} % least(age - 4, 5) AS INTEGER), 9, 1) END
                + CAST(CASE WHEN {d("moved")} % 10 = 0 THEN {d("days")} % 120 ELSE 0 END AS INTEGER) AS joined,
            {d("left")} % 1000 < 40 AS has_left
        FROM aged
        """  # noqa: S608 - a seed and a number


def rows(table: str, seed: int, *, everyone: bool = False) -> str:
    """The persons of a table, each as often as it has rows, numbered by `n` from 0; `everyone` has one."""
    if everyone:
        return "SELECT *, 0 AS n FROM people"
    if table == "pupil":
        # A few pupils are on the roll of two schools.
        second = f"{draw('second roll', seed, 'i')} % 1000 < 10"
        return f"SELECT *, unnest(range(CASE WHEN {second} THEN 2 ELSE 1 END)) AS n FROM people"  # noqa: S608
    who, share, most = SPREAD.get(table, RARE)
    has = f"{who} AND {draw(f'has {table}', seed, 'i')} % 1000 < {share}"
    count = f"CAST(1 + {draw(f'rows {table}', seed, 'i')} % {most} AS BIGINT)"
    return f"SELECT *, unnest(range({count})) AS n FROM people WHERE {has}"  # noqa: S608


def draw(what: str, seed: int, *by: str) -> str:
    """A large number that depends on the seed, on what it is for and on the row."""
    return f"CAST(hash('{seed} {what}', {', '.join(by)}) >> 1 AS BIGINT)"


def value(item: Item, seed: int, codes: Codes = NO_CODES) -> str:
    """The value of a column, before anything is spoilt: SQL over a row of `rows`. `codes` are those of items that no
    published list has.
    """
    if item.id in _AGREED:
        return _AGREED[item.id](seed)
    # What is about the pupil, not about the one row, is the same in both rows of a pupil on two rolls.
    by = ("i",) if item.table == "pupil" else ("i", "n")
    number = draw(item.id, seed, *by)
    made = _list(list(codes[item.id]), number) if item.id in codes else _KINDS[item.kind](item, number)
    if item.id in _EARLY:
        return f"CASE WHEN age <= 4 THEN {made} END"
    if item.id.startswith(_SIXTH_FORM):
        return f"CASE WHEN age >= 16 THEN {made} END"
    return made


def quoted(text: str) -> str:
    """`text` as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _list(codes: list[str], place: str) -> str:
    return f"[{', '.join(map(quoted, codes))}][1 + {place} % {len(codes)}]"


def _code(item: Item, number: str) -> str:
    codes = list(codes_of(item.id))
    if not codes:
        return f"'T' || {number} % 100"
    weights = _WEIGHTS.get(item.id) or {c: 60 if item.id in _EVEN else 1 + 60 // (n + 1) for n, c in enumerate(codes)}
    return _list([code for code in codes for _ in range(weights.get(code, 0))], number)


def _distinct(item_id: str, seed: int) -> str:
    """A code that differs from one row of a pupil to the next."""
    return _list(list(codes_of(item_id)), f"({draw(item_id, seed, 'i')} % 1000 + n * 7)")


def _text(item: Item, number: str) -> str:
    for ending, form in _TEXTS.items():
        if item.id.endswith(ending):
            return form.format(number)
    return f"'SYNTHETIC ' || {number} % 100"


def _span(first: str, step: int, wide: int) -> Callable[[int], str]:
    """A date that lies later for each further row: `step` days and up to `wide` after the day `first`."""
    return lambda seed: f"DATE '{first}' + CAST(n * {step} + {draw(first, seed, 'i', 'n')} % {wide} AS INTEGER)"


def _ends(start: Callable[[int], str], what: str, *, shortest: int, wide: int, open_share: int) -> Callable[[int], str]:
    """A date after `start`; empty for `open_share` in a hundred, where it goes on."""

    def made(seed: int) -> str:
        number = draw(what, seed, "i", "n")
        end = f"{start(seed)} + CAST({shortest} + {number} % {wide} AS INTEGER)"
        return f"CASE WHEN {number} // 1000 % 100 < {open_share} THEN NULL ELSE {end} END"

    return made


_FREE_MEALS = _span("2022-09-01", 600, 200)
_COURSE = _span("2025-09-01", 0, 40)
_PLACEMENT = _span("2025-10-01", 30, 20)
_ELSEWHERE = _span("2025-09-10", 30, 20)

_YEAR = "CASE age WHEN 2 THEN 'N1' WHEN 3 THEN 'N2' WHEN 4 THEN 'R' ELSE CAST(age - 4 AS VARCHAR) END"
_LEFT = f"least(joined + CAST({{0}} % 90 AS INTEGER), {CENSUS_DAY})"

_AGREED: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "sex": lambda seed: "sex",
        "date-of-birth": lambda seed: "born",
        "nc-year": lambda seed: _YEAR,
        "nc-year-leaving": lambda seed: f"CASE WHEN has_left THEN {_YEAR} END",
        "entry-date": lambda seed: "joined",
        "leaving-date": lambda seed: (
            f"CASE WHEN has_left AND n = 0 THEN {_LEFT.format(draw('leaving-date', seed, 'i'))} END"
        ),
        "enrol-status": lambda seed: (
            f"CASE WHEN n = 1 THEN 'S' WHEN {draw('second roll', seed, 'i')} % 1000 < 10 THEN 'M' ELSE 'C' END"
        ),
        "sen-provision": lambda seed: "sen",
        "exclusion-sen-provision": lambda seed: "sen",
        "ap-sen-entry": lambda seed: "sen",
        "school-ap-sen-entry": lambda seed: "sen",
        "sen-type": lambda seed: _distinct("sen-type", seed),
        "sen-type-rank": lambda seed: "CAST(n + 1 AS INTEGER)",
        "attendance-reason": lambda seed: _distinct("attendance-reason", seed),
        "second-half-reason": lambda seed: _distinct("second-half-reason", seed),
        # Six rows of at most twenty sessions stay within what was possible.
        "sessions-possible": lambda seed: f"CAST(120 + {draw('possible', seed, 'i')} % 20 AS INTEGER)",
        "second-half-sessions-possible": lambda seed: f"CAST(120 + {draw('possible 2', seed, 'i')} % 20 AS INTEGER)",
        "attendance-sessions": lambda seed: f"CAST(1 + {draw('sessions', seed, 'i', 'n')} % 20 AS INTEGER)",
        "second-half-sessions": lambda seed: f"CAST(1 + {draw('sessions 2', seed, 'i', 'n')} % 20 AS INTEGER)",
        "exclusion-sessions": lambda seed: f"CAST(1 + {draw('excluded', seed, 'i', 'n')} % 10 AS INTEGER)",
        "exclusion-start-date": _span("2025-09-05", 30, 25),
        "fsm-start-date": _FREE_MEALS,
        "fsm-end-date": _ends(_FREE_MEALS, "fsm-end", shortest=60, wide=300, open_share=30),
        "aim-start-date": _COURSE,
        "aim-planned-end-date": lambda seed: f"{_COURSE(seed)} + 600",
        "aim-actual-end-date": _ends(_COURSE, "aim-end", shortest=20, wide=60, open_share=95),
        "programme-start-date": _COURSE,
        "programme-planned-end-date": lambda seed: f"{_COURSE(seed)} + 600",
        "programme-actual-end-date": _ends(_COURSE, "programme-end", shortest=20, wide=60, open_share=95),
        "placement-start-date": _PLACEMENT,
        "placement-end-date": _ends(_PLACEMENT, "placement-end", shortest=1, wide=25, open_share=10),
        "school-ap-entry-date": _ELSEWHERE,
        "school-ap-leaving-date": _ends(_ELSEWHERE, "elsewhere-end", shortest=1, wide=25, open_share=40),
    }
)

# Numbers have the shape of real ones, in ranges or letters that nobody was given.
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "urn": "CAST(900000 + {0} % 99999 AS VARCHAR)",
        "ukprn": "CAST(19900000 + {0} % 99999 AS VARCHAR)",
        "estab": "CAST(9000 + {0} % 999 AS VARCHAR)",
        "postcode": "'ZZ99 ' || {0} % 9 || 'ZZ'",
        "qn": "CAST(90000000 + {0} % 500 AS VARCHAR)",
        "scc": "'ZZ' || {0} % 10",
        "eligibility-code": "CAST(90000000000 + {0} % 999999999 AS VARCHAR)",
    }
)
_KINDS: Mapping[str, Callable[[Item, str], str]] = MappingProxyType(
    {
        "code": _code,
        "text": _text,
        "flag": lambda item, number: f"CASE WHEN {number} % 10 = 0 THEN '1' ELSE '0' END",
        "date": lambda item, number: f"DATE '2023-09-01' + CAST({number} % 860 AS INTEGER)",
        "count": lambda item, number: f"CAST({number} % 130 AS INTEGER)",
        "hours": lambda item, number: f"CAST({number} % 60 AS DOUBLE) / 2",
        # Three even draws added up: a hill about 0, most of it between -2 and 2.
        "number": lambda item, number: (
            f"(({number}) % 1000 + ({number}) // 1000 % 1000 + ({number}) // 1000000 % 1000 - 1500) / 500"
        ),
    }
)
