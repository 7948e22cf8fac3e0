"""Which rows of a user's job search count, as SQL that its views share.

Each constant in capitals is `from … where …` over the rows `r` of the signed-in user that count, for `and …`
to follow. A row that is about a rejected, dormant or archived job, or about an archived contact, does not.
Those that end in ABOUT_ACTIVE_JOB leave the job to whoever uses them.
"""


def mine(alias: str) -> str:
    """Whether a row belongs to the signed-in user."""
    return f"{alias}.company_id = :company and {alias}.user_id = cast(:user as bigint)"


def active(alias: str) -> str:
    """Whether a job is still one to work for."""
    return f"not {alias}.archived and {alias}.stage not in ('REJECTED', 'DORMANT')"


def within(instant: str, span: str) -> str:
    """Whether an instant lies in a span, which binds `<span>_start` and, exclusive, `<span>_end`."""
    return f"{instant} >= cast(:{span}_start as timestamptz) and {instant} < cast(:{span}_end as timestamptz)"


def count(rows: str, *conditions: str) -> str:
    """How many of the rows meet every condition."""
    return f"(select count(*) {' and '.join([rows, *conditions])})"


def _rows(table: str, *conditions: str) -> str:
    return " and ".join([f"from lodestar.job_search_{table} r where {mine('r')}", *conditions])


# What counts is told by what must not be there: so a row without a job or contact counts too.
_ITS_JOB = f"""not exists (
      select from lodestar.job_search_jobs its_job
      where {mine("its_job")} and its_job.external_id = r.job and not ({active("its_job")}))"""
_ITS_CONTACT = f"""not exists (
      select from lodestar.job_search_contacts its_contact
      where {mine("its_contact")} and its_contact.external_id = r.contact and its_contact.archived)"""

APPLICATIONS = _rows("applications", _ITS_JOB)
OUTREACH = _rows("outreach", _ITS_JOB, _ITS_CONTACT)
FOLLOW_UPS = _rows("follow_ups", _ITS_JOB, _ITS_CONTACT)
SENIOR_REVIEWS = _rows("senior_reviews", _ITS_CONTACT)
EVENTS_ATTENDED = _rows("events", "r.status = 'ATTENDED'")
GROWTH_EVENTS_ATTENDED = _rows("growth_events", "r.attended")
BOOST_TASKS = _rows("boost_tasks")
GROWTH_BOOST_TASKS_DONE = _rows("growth_boost_tasks", "r.status = 'completed'")

# For rows about a job that is known to be active: looking it up for each of them would double the work.
APPLICATIONS_ABOUT_ACTIVE_JOB = _rows("applications")
OUTREACH_ABOUT_ACTIVE_JOB = _rows("outreach", _ITS_CONTACT)
FOLLOW_UPS_ABOUT_ACTIVE_JOB = _rows("follow_ups", _ITS_CONTACT)
