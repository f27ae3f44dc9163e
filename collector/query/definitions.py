"""What each number means: once. Every result names the definitions that it rests on.

Here are those that several reports share; a report's own stand in its file. `DEFINITIONS` has them all once
`collector.query` is imported.

`docs/definitions.md` shows the same text to readers; a test compares the two. A change of a formula or of a
threshold raises the version.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric: its name and version, the unit of the number, formula, thresholds, and where they come from."""

    name: str
    version: int
    unit: str
    formula: str
    threshold: str
    source: str

    @property
    def label(self) -> str:
        """Name and version as results carry them, such as `reach/1`."""
        return f"{self.name}/{self.version}"


DEFINITIONS: dict[str, Definition] = {}


def define(name: str, version: int, unit: str, formula: str, threshold: str, source: str) -> Definition:  # noqa: PLR0917 - as the fields of Definition
    """A definition, which `DEFINITIONS` then has by its name.

    Raises:
        ValueError: there is one of that name.
    """
    if name in DEFINITIONS:
        raise ValueError(f"there are two definitions {name!r}")
    DEFINITIONS[name] = Definition(name, version, unit, formula, threshold, source)
    return DEFINITIONS[name]


# Thresholds that appear both in a definition and in a question.
SESSION_HOURS = 24
SESSION_SLACK_DAYS = 2
RAGE_CLICKS = 3
RAGE_GAP_MS = 1000
RAGE_SPREAD_PX = 30
DEAD_MS = 2500
FORM_EXPIRY_MINUTES = 30
JUDGED_FROM = 100
MONEY_FROM = 3

INTERVAL = define(
    "interval",
    1,
    "proportion",
    "Wilson score interval of k out of n, two-sided; n = 0 has no rate and no interval",
    "95 %",
    "Wilson, JASA 22 (1927), 209-212; 500 of 10,000 gives 4.59-5.44 %",
)
DIFFERENCE = define(
    "difference",
    1,
    "q-value",
    "two-sided test of a group against all others together (Fisher's exact test where an expected count is below "
    "5, else Pearson's chi-squared without correction), then Benjamini-Hochberg over the judged groups",
    f"a group is judged where it and the rest have at least {JUDGED_FROM} each; smaller ones are shown, not judged",
    "Benjamini and Hochberg, JRSS B 57 (1995), 289-300",
)
CHANGE = define(
    "change",
    2,
    "difference",
    "after - before, row by row; the period before is as long, and of a period that is not over as much of it as has "
    "passed (rows that are hours, days or weeks: all of it). Of a rate the difference of the proportions with "
    "Newcombe's hybrid score interval, a two-sided test as in `difference`, and Benjamini-Hochberg over the judged "
    "rows; of another number that has an interval in both periods, the difference with the interval that both reach "
    "together (variance estimates recovery), not tested; `ratio` is after / before - 1",
    f"judged where both rates have at least {JUDGED_FROM}",
    "Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10; Zou and Donner, ibid. 27 (2008), 1693-1702",
)
PEOPLE = define(
    "people",
    1,
    "events",
    "events with an empty bot_class; with bots=True all events",
    "none",
    "own",
)
SESSION = define(
    "session",
    1,
    "sessions",
    "events with one session_id; it starts at its first event, and belongs to the period in which it starts. "
    "Where nothing may be stored in the browser, a session is a visitor's day",
    "ends after 30 min without activity or after 24 h; no restart at midnight or for a campaign",
    "30 min: the market's convention; 24 h cap: PostHog",
)
VISITOR = define(
    "visitor",
    1,
    "visitors",
    "distinct visitor_id (a browser)",
    "none",
    "own",
)
PERSON = define(
    "person",
    1,
    "people",
    "the person of the latest identify of the visitor at or before the event, else of the first after it, "
    "else the visitor; undone identifications do not count",
    "none",
    "own",
)
CONVERSION_RATE = define(
    "conversion_rate",
    1,
    "proportion of sessions, visitors or people",
    "unit session: sessions that start in the period and contain a conversion of the goal, out of the sessions "
    "that start in the period; unit visitor or person: those with a conversion of the goal in the period, out of "
    "those with any event in the period. A filter selects sessions",
    "none",
    "visits: Matomo; visitors: Plausible",
)
FUNNEL_STEP = define(
    "funnel_step",
    1,
    "proportion of sessions, visitors or people",
    "units that reached the step out of units that entered (from first), or out of those that reached the step "
    "before (from previous). Distinct events in the order (ts, page_id, n), each step after the one before and "
    "at most the window after step 1; of several attempts the one that gets furthest counts. Step 1 and the "
    "filter hold in the period, later steps are looked for up to a window past its end. Rates count the units "
    "whose window (after their last entry) has ended; `so far` counts all. Breakdowns read the value at the first "
    "entering event",
    "window 7 days unless asked otherwise; session: same session and at most 24 h",
    "Mixpanel (7 days); longest progress: own",
)
FUNNEL_STRICT = define(
    "funnel_strict",
    1,
    "proportion of sessions, visitors or people",
    "as funnel_step, and no event of another step or exclusion lies between two steps",
    "none",
    "own",
)
FUNNEL_ANY = define(
    "funnel_any",
    1,
    "proportion of sessions, visitors or people",
    "row i counts units that met at least i different steps within the window from some step event of the "
    "period; one event may meet several steps",
    "none",
    "own",
)
FUNNEL_TIME = define(
    "funnel_time",
    2,
    "ms",
    "from a step to the next one, in the earliest attempt that gets furthest: median, mean, p75 and p90 of those who "
    "went on; Kaplan-Meier median over all who reached the step, those who did not go on being censored at the "
    "end of their window or now",
    "none",
    "Kaplan and Meier, JASA 53 (1958), 457-481",
)
HEAT = define(
    "heat",
    1,
    "clicks",
    "clicks of page views that began in the period, by cell: x in 1 % of the document's width at click time "
    "(viewport's for fixed and sticky elements, which are kept apart), y in 16 px",
    "none",
    "own",
)
CLICK_RATE = define(
    "click_rate",
    1,
    "proportion of page views",
    "page views with at least one click on the element out of page views; page views began in the period",
    "none",
    "Contentsquare, click rate",
)
BOX = define(
    "box",
    1,
    "CSS px",
    "median x, y, width and height of the element over its clicks",
    "none",
    "own",
)
RAGE = define(
    "rage",
    1,
    "clicks",
    "clicks in bursts on one element of one page view: each at most the gap after and the spread away from the one "
    "before, all within a box of the spread, with fewer responses than clicks; sliders, steppers, "
    "carousels, canvases and next or previous buttons are left out",
    f"at least {RAGE_CLICKS} clicks, gap {RAGE_GAP_MS} ms, spread {RAGE_SPREAD_PX} px",
    "PostHog rageclick.ts (3 clicks, 30 px, 1,000 ms); fewer responses than clicks: own",
)
DEAD = define(
    "dead",
    1,
    "clicks",
    "clicks that were watched for at least T without a response by T; links, inputs and text selections are left "
    "out. Watched for less than T without a response: unknown, not dead",
    f"T = {DEAD_MS} ms",
    "PostHog dead-clicks-autocapture.ts (2,500 ms); selections left out: about one Clarity session in ten "
    "was copying text",
)
REACH = define(
    "reach",
    1,
    "proportion of page views",
    "page views that reached the 5 % band out of page views; page views began in the period. Where the first "
    "report of a page view was lost, the reports of the band that most page views reached are the denominator",
    "bands of 5 % of the document's height",
    "own; Plausible reports depth in % of the height",
)
ENGAGED = define(
    "engaged",
    1,
    "s",
    "time during which the page was visible, focused and in use",
    "none",
    "own",
)
FORM_RATE = define(
    "form_rate",
    2,
    "proportion of sessions",
    "sessions whose first event of the form lies in the period: viewed = any event of the form, started = a start, "
    "a field visit, an attempt or a success, attempted = an attempt, an error or a success, failed = an error, "
    "succeeded = an ok, not started = viewed and not started, resubmitted = at least two attempts; each out of the "
    "sessions that the column names",
    "events of the session up to 2 days after the period",
    "Zuko, metric definitions",
)
FORM_ABANDON = define(
    "form_abandon",
    1,
    "proportion of sessions",
    "abandons = sessions that started and did not succeed, with no event of the form in the last "
    "minutes; last field: abandons whose last visited field it is, out of all abandons; hazard: those, out of the "
    "sessions that visited the field",
    f"{FORM_EXPIRY_MINUTES} min",
    "Zuko, field abandons",
)
FORM_FIELD = define(
    "form_field",
    1,
    "sessions, ms and counts",
    "per field: sessions that visited it; hesitation = focus to first input (visits with input), dwell = focus to "
    "blur, median and p75 over visits; edits, deletes, refills added up; pasted, autofilled out of visits; "
    "returned = visited more than once, left blank = empty at the last visit, out of the sessions that visited it; "
    "invalid visits by code",
    "none",
    "Matomo FormAnalytics; Zuko; OpenReplay hesitationTime",
)

UNIT_DEFINITIONS = {"session": SESSION, "visitor": VISITOR, "person": PERSON}


def page() -> str:
    """The list for `docs/definitions.md`."""
    return "\n".join(
        f"## {each.name}\n\n- **Version**: {each.version}\n- **Unit**: {each.unit}\n- **Formula**: {each.formula}\n"
        f"- **Threshold**: {each.threshold}\n- **Source**: {each.source}\n"
        for _, each in sorted(DEFINITIONS.items())
    )
