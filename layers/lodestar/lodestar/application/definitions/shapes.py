"""Bodies and answers about definitions, their versions and the grants on them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lodestar.application.definitions.data_sources import DataSourceBody
from lodestar.application.definitions.older_wording import OldWording, UnitWord
from lodestar.domain.definitions import CalculationType, Category, MissingData, Rollup, TargetType, Unit
from lodestar.domain.keys import MAX_KEY_LENGTH
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Role
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import ROLE_NAME, SLUG, Name, Number, Text
from lodestar.wire.paging import PageQuery, QueryModel


class ThresholdsBody(Body):
    """The least achievement, in percent, of each status."""

    exceeds: Decimal = Field(default=Decimal(100), ge=0, le=999)
    on_track: Decimal = Field(default=Decimal(80), ge=0, le=999)
    needs_attention: Decimal = Field(default=Decimal(60), ge=0, le=999)


Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY_LENGTH, pattern=SLUG)]


class DefinitionOptions(Body):
    """What of a KPI may be left out, wherever somebody writes it down."""

    description: Text = ""
    unit: UnitWord = Unit.NUMBER
    precision: int = Field(default=2, ge=0, le=4)
    target_type: TargetType = TargetType.HIGHER_BETTER
    thresholds: ThresholdsBody = ThresholdsBody()
    missing_data: MissingData = MissingData.EXCLUDE
    rollup: Rollup = Rollup.NONE
    lookback_periods: int = Field(default=2, ge=0, le=35)


class DefinitionFields(DefinitionOptions):
    """What a KPI is and how it is calculated."""

    key: Key
    name: Name
    data_source: DataSourceBody
    aggregation_period: Cadence


class ThresholdsView(View):
    """The least achievement, in percent, of each status."""

    exceeds: Number
    on_track: Number
    needs_attention: Number


class DefinitionSummary(View):
    """A KPI in a list."""

    id: int
    key: str
    name: str
    description: str
    category: Category
    calculation_type: CalculationType
    unit: Unit
    aggregation_period: Cadence
    target_type: TargetType
    is_active: bool
    version: int


class DefinitionView(DefinitionSummary):
    """A KPI with how it is calculated; periods that end on `retired_on` or later are none of it."""

    data_source: dict[str, Any]
    precision: int
    thresholds: ThresholdsView
    missing_data: MissingData
    rollup: Rollup
    lookback_periods: int
    retired_on: date | None
    created_by: int | None
    created_at: datetime
    updated_at: datetime


class NewDefinitionView(DefinitionView):
    """A KPI that was just made, and the roles that were made with it because its permissions name them.

    Such a role gives nothing but what it is granted on this KPI, and nobody has it yet.
    """

    created_roles: list[str]


class RetiredKpiView(DefinitionView):
    """A KPI that is retired, and how many measurements of running periods that withdraws."""

    withdrawn: int


class RetirementQuery(QueryModel):
    """Whether a KPI is to be retired, or only what that would do to be told."""

    dry_run: bool = Field(default=False, description="Change nothing, and answer what would follow.")


class DefinitionList(View):
    """One page of KPIs."""

    definitions: list[DefinitionSummary]
    next_cursor: str | None


class DefinitionQuery(PageQuery):
    """Which KPIs; a filter that is left out takes any. `q` is looked for in key and name."""

    category: Category | None = None
    aggregation_period: Cadence | None = None
    calculation_type: CalculationType | None = None
    is_active: bool | None = None
    q: Text | None = None


class GrantBody(Body):
    """What somebody may do with a KPI; all false takes everything away."""

    can_view: bool
    can_edit: bool
    can_set_targets: bool


class GrantedView(View):
    """What a user may do with a KPI beyond their role."""

    kpi_id: int
    user_id: int
    can_view: bool
    can_edit: bool
    can_set_targets: bool


class GrantView(View):
    """A grant to one user, or to everybody of a role."""

    kpi_id: int
    user_id: int | None
    user_name: str | None
    role: str | None
    can_view: bool
    can_edit: bool
    can_set_targets: bool


class GrantList(View):
    """One page of the grants on a KPI."""

    permissions: list[GrantView]
    next_cursor: str | None


def _require_role_of_companies(name: str) -> str:
    if name == Role.SUPERUSER:
        raise ValueError("superusers belong to the platform, and see every KPI without a grant")
    return name


GrantedRole = Annotated[str, Field(pattern=ROLE_NAME), AfterValidator(_require_role_of_companies)]
"""A built-in role, or one of the company's own."""


class RoleGrants(Body):
    """Which roles see a new KPI, and which may change it too and enter its values.

    A role that the company lacks is made, without permissions and members.
    """

    view: list[GrantedRole] = Field(default_factory=list, max_length=50)
    edit: list[GrantedRole] = Field(default_factory=list, max_length=50)


class FieldChange(View):
    """A field of a definition, before and after."""

    field: str
    before: Any
    after: Any


class VersionView(View):
    """One version. `diff` is against the one before, empty for the first; an author of null: the platform.

    It counts for the periods that begin on `effective_from` or later; null: for all.
    """

    version: int
    author_id: int | None
    author_name: str | None
    created_at: datetime
    effective_from: date | None
    diff: list[FieldChange]
    is_current: bool


class VersionList(View):
    """One page of versions, newest first."""

    versions: list[VersionView]
    next_cursor: str | None


class DefinitionChange(OldWording):
    """What to change of a KPI; a field that is left out stays as it is. The key never changes."""

    name: Name | None = None
    description: Text | None = None
    category: Category | None = None
    data_source: DataSourceBody | None = None
    unit: UnitWord | None = None
    precision: int | None = Field(default=None, ge=0, le=4)
    aggregation_period: Cadence | None = None
    target_type: TargetType | None = None
    thresholds: ThresholdsBody | None = None
    missing_data: MissingData | None = None
    rollup: Rollup | None = None
    lookback_periods: int | None = Field(default=None, ge=0, le=35)
    is_active: bool | None = None
