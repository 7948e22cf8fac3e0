"""Installing ready-made KPIs: one with all that it requires, or a whole set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import add_definition, require_definable, save_definition
from lodestar.application.definitions.ports import DefinitionWork, Installation, QueryCheck
from lodestar.domain.definitions import Category, Definition
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.packs.catalog.entries import Catalog, Entry
from lodestar.packs.catalog.format import PackName, TeamType
from lodestar.wire.bodies import Body, View
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json


@dataclass(frozen=True, slots=True)
class EntryInstall:
    """Which entry to install.

    With `update` an installed KPI becomes what the catalog says today, active again; without it nothing that
    the company has is changed.
    """

    key: str
    update: bool = False


class SetInstall(Body):
    """Which set to install: that of a category, of a kind of team, or of a pack; `update` as for one."""

    category: Category | None = None
    team_type: TeamType | None = None
    pack: PackName | None = None
    update: bool = False


class Outcome(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    UPDATE_AVAILABLE = "update_available"
    ERROR = "error"


class InstalledEntry(View):
    """What became of an entry; `version` is the one of the catalog that the company has of it now, if any."""

    key: str
    outcome: Outcome
    definition_id: int | None
    version: int | None
    error: str | None


class InstallView(View):
    """What became of each entry, in the order of installation: what a formula requires comes before it."""

    entries: list[InstalledEntry]


@dataclass(frozen=True, slots=True)
class Installed:
    """What became of each entry, and whether any was created."""

    view: Json[InstallView]
    is_new: bool


def install_entry(
    wanted: EntryInstall, catalog: Catalog, caller: Caller, work: DefinitionWork, query_check: QueryCheck
) -> Installed:
    """Install an entry behind those that it requires.

    Raises:
        NotFound: the catalog has no such entry.
        Conflict: a KPI of the company's own has the key, of this one or of one that it requires; or one that
            it requires is deactivated.
        InvalidContent: a formula or a query is refused; nothing is installed.
        Forbidden: a KPI to be updated, or one that a formula uses, is locked for the caller; nothing is
            installed.
    """
    if wanted.key not in catalog.entries:
        raise NotFound("There is no such KPI in the catalog.")
    installer = _Installer(caller, work, query_check, is_updating=wanted.update)
    return _committed([installer.install(entry) for entry in catalog.to_install([wanted.key])], work)


def install_set(
    wanted: SetInstall, catalog: Catalog, caller: Caller, work: DefinitionWork, query_check: QueryCheck
) -> Installed:
    """Install a set and what it requires; an entry that cannot be installed stops only what uses it.

    Raises:
        InvalidContent: not exactly one set is named.
    """
    sets = (wanted.category, wanted.team_type, wanted.pack)
    if sum(named is not None for named in sets) != 1:
        rule = "Send one of category, team_type and pack: one set is installed at a time."
        raise InvalidContent(rule, [RequestDetail("body", rule)])
    chosen = (
        catalog.of(pack=wanted.pack) if wanted.pack else catalog.common(wanted.category, wanted.team_type)
    )
    installer = _Installer(caller, work, query_check, is_updating=wanted.update)
    return _committed([*_install_each(catalog.to_install(entry.key for entry in chosen), installer)], work)


def _install_each(entries: Sequence[Entry], installer: "_Installer") -> Iterator[InstalledEntry]:
    failed = set[str]()
    for entry in entries:
        missing = next((key for key in entry.requires if key in failed), None)
        if missing is not None:
            result = installer.failed(entry, f'It uses "{missing}", which could not be installed or updated.')
        else:
            try:
                result = installer.install(entry)
            # The transaction goes on: an entry is refused before anything of it is written.
            except (Conflict, Forbidden, InvalidContent) as refused:
                result = installer.failed(entry, refused.message)
        if result.outcome is Outcome.ERROR:
            failed.add(entry.key)
        yield result


def _committed(entries: list[InstalledEntry], work: DefinitionWork) -> Installed:
    work.commit()
    is_new = any(entry.outcome is Outcome.CREATED for entry in entries)
    return Installed(Json(to_json(InstallView(entries=entries))), is_new)


class _Installer:
    """Installs entries one by one. What the company has is read once: nobody else saves any meanwhile."""

    def __init__(
        self, caller: Caller, work: DefinitionWork, query_check: QueryCheck, *, is_updating: bool
    ) -> None:
        self._caller = caller
        self._work = work
        self._query_check = query_check
        self._is_updating = is_updating
        work.definitions.lock_all()  # before the reads: what they find stays so
        self._definitions = {definition.key: definition for definition in work.definitions.all()}
        self._installations = dict(work.definitions.installations())

    def install(self, entry: Entry) -> InstalledEntry:
        """Install one, whose required ones were installed before.

        Raises:
            Conflict, InvalidContent, Forbidden: it cannot be installed; nothing of it is written.
        """
        own, installation = self._definitions.get(entry.key), self._installations.get(entry.key)
        if own is None:
            return self._create(entry)
        if installation is None:
            raise Conflict(
                f'A KPI of your own has the key "{entry.key}", so the one of the catalog cannot be '
                "installed beside it: go on with yours.",
                code="own_key",
            )
        is_outdated = installation.version < entry.fields.version
        # What the company has changed of an entry by hand is its own: only a newer version, or coming back
        # from retirement, writes over it.
        if self._is_updating and (is_outdated or not own.is_active):
            return self._update(entry, own)
        outcome = Outcome.UPDATE_AVAILABLE if is_outdated else Outcome.UNCHANGED
        return _view(entry, outcome, installation)

    def failed(self, entry: Entry, error: str) -> InstalledEntry:
        """Tell why nothing became of one; what the company had of it before, it has still."""
        return _view(entry, Outcome.ERROR, self._installations.get(entry.key), error)

    def _create(self, entry: Entry) -> InstalledEntry:
        for key in entry.requires:
            if not self._definitions[key].is_active:
                raise Conflict(
                    f'"{entry.key}" uses "{key}", which is deactivated: send update as true to have both.'
                )
        definition = entry.definition(self._caller.user_id, self._work.now)
        require_definable(definition, self._others(entry), self._caller, self._query_check)
        return self._saved(entry, add_definition(definition, self._work), Outcome.CREATED)

    def _update(self, entry: Entry, before: Definition) -> InstalledEntry:
        """Change the KPI to what the entry says, by the checks of any change; its history stays."""
        wanted = entry.definition(before.created_by, before.created_at)
        after = before.changed_to(replace(wanted, id=before.id, updated_at=self._work.now))
        require_definable(after, self._others(entry), self._caller, self._query_check, before)
        save_definition(before, after, self._caller.actor, self._work)
        return self._saved(entry, after, Outcome.UPDATED)

    def _others(self, entry: Entry) -> list[Definition]:
        """The active ones beside it, which its formula may use."""
        return [other for key, other in self._definitions.items() if key != entry.key and other.is_active]

    def _saved(self, entry: Entry, definition: Definition, outcome: Outcome) -> InstalledEntry:
        installation = Installation(entry.key, entry.fields.version, definition.id, self._work.now)
        self._work.definitions.save_installation(installation)
        self._definitions[entry.key] = definition
        return _view(entry, outcome, installation)


def _view(
    entry: Entry, outcome: Outcome, installation: Installation | None, error: str | None = None
) -> InstalledEntry:
    return InstalledEntry(
        key=entry.key,
        outcome=outcome,
        definition_id=None if installation is None else installation.definition_id,
        version=None if installation is None else installation.version,
        error=error,
    )
