"""Installing ready-made KPIs: one with all that it requires, or a whole set."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from lodestar.application.definitions.defining import (
    DefinitionDesk,
    add_definition,
    save_definition,
    versioned,
)
from lodestar.domain.definitions import Category, Definition
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.packs.catalog.entries import Catalog, Entry
from lodestar.packs.catalog.format import PackName, TeamType
from lodestar.packs.catalog.installations import (
    Installation,
    installations,
    keep_installation,
    lock_installations,
)
from lodestar.persistence.kernel.bound import session_of
from lodestar.wire.bodies import Body, View
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json


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


def install_entry(
    key: str, catalog: Catalog, desk: DefinitionDesk, *, is_updating: bool = False
) -> tuple[Json[InstallView], bool]:
    """Install an entry behind those that it requires; answers them, and whether any was created.

    With `is_updating` an installed KPI becomes what the catalog says today, active again; without it nothing
    that the company has is changed.

    Raises:
        NotFound: the catalog has no such entry.
        Conflict: a KPI of the company's own has the key, of this one or of one that it requires.
        InvalidContent, Forbidden: as `define_kpi`; nothing is installed.
    """
    if key not in catalog.entries:
        raise NotFound("There is no such KPI in the catalog.")
    installer = _Installer(desk, is_updating=is_updating)
    return _finished([installer.install(each) for each in catalog.to_install([key])], desk)


def install_set(wanted: SetInstall, catalog: Catalog, desk: DefinitionDesk) -> tuple[Json[InstallView], bool]:
    """Install a set and what it requires, as `install_entry`; one that cannot be installed stops no other.

    Raises:
        InvalidContent: not exactly one set is named.
    """
    sets = (wanted.category, wanted.team_type, wanted.pack)
    if sum(each is not None for each in sets) != 1:
        rule = "Send one of category, team_type and pack: one set is installed at a time."
        raise InvalidContent(rule, [RequestDetail("body", rule)])
    chosen = (
        catalog.of(pack=wanted.pack) if wanted.pack else catalog.common(wanted.category, wanted.team_type)
    )
    installer = _Installer(desk, is_updating=wanted.update)
    return _finished([*_install_each(catalog.to_install(each.key for each in chosen), installer)], desk)


def _install_each(entries: Sequence[Entry], installer: "_Installer") -> Iterator[InstalledEntry]:
    failed = set[str]()
    for entry in entries:
        missing = next((each for each in entry.requires if each in failed), None)
        if missing is not None:
            found = installer.failed(entry, f'It uses "{missing}", which could not be installed or updated.')
        else:
            try:
                found = installer.install(entry)
            except (Conflict, Forbidden, InvalidContent) as refused:  # each before anything is written
                found = installer.failed(entry, refused.message)
        if found.outcome is Outcome.ERROR:
            failed.add(entry.key)
        yield found


def _finished(entries: list[InstalledEntry], desk: DefinitionDesk) -> tuple[Json[InstallView], bool]:
    desk.work.commit()
    is_new = any(each.outcome is Outcome.CREATED for each in entries)
    return Json(to_json(InstallView(entries=entries))), is_new


class _Installer:
    """Installs entries one by one. What the company has is read once: nobody else installs meanwhile."""

    def __init__(self, desk: DefinitionDesk, *, is_updating: bool) -> None:
        self._desk = desk
        self._session = session_of(desk.work)
        self._is_updating = is_updating
        lock_installations(self._session)
        self._definitions = {each.key: each for each in desk.work.definitions.all()}
        self._installed = installations(self._session)

    def install(self, entry: Entry) -> InstalledEntry:
        """Install one, whose required ones were installed before.

        Raises:
            Conflict, InvalidContent, Forbidden: as `install_entry`; nothing of it is written.
        """
        own, installed = self._definitions.get(entry.key), self._installed.get(entry.key)
        if own is None:
            return self._create(entry)
        if installed is None:
            raise Conflict(
                f'A KPI of your own has the key "{entry.key}", so the one of the catalog cannot be '
                "installed beside it: go on with yours.",
                code="own_key",
            )
        is_outdated = installed.version < entry.fields.version
        if self._is_updating and (is_outdated or not own.is_active):
            return self._update(entry, own)
        return _told(entry, Outcome.UPDATE_AVAILABLE if is_outdated else Outcome.UNCHANGED, installed)

    def failed(self, entry: Entry, error: str) -> InstalledEntry:
        """Tell why nothing became of one; what the company had of it before, it has still."""
        return _told(entry, Outcome.ERROR, self._installed.get(entry.key), error)

    def _create(self, entry: Entry) -> InstalledEntry:
        for each in entry.requires:
            if not self._definitions[each].is_active:
                raise Conflict(
                    f'"{entry.key}" uses "{each}", which is deactivated: send update as true to have both.'
                )
        definition = entry.definition(self._desk.caller.user_id, self._desk.work.now)
        added = add_definition(definition, self._others(entry), self._desk)
        return self._kept(entry, added, Outcome.CREATED)

    def _update(self, entry: Entry, own: Definition) -> InstalledEntry:
        """Change the KPI to what the entry says, by the checks of any change; its history stays."""
        before = self._desk.work.definitions.get_for_update(own.id) or own
        wanted = entry.definition(before.created_by, before.created_at)
        same = replace(wanted, id=before.id, version=before.version, updated_at=self._desk.work.now)
        after = versioned(before, same)
        save_definition(before, after, self._others(entry), self._desk)
        return self._kept(entry, after, Outcome.UPDATED)

    def _others(self, entry: Entry) -> list[Definition]:
        """The active ones beside it, which its formula may use."""
        return [each for key, each in self._definitions.items() if key != entry.key and each.is_active]

    def _kept(self, entry: Entry, definition: Definition, outcome: Outcome) -> InstalledEntry:
        desk = self._desk
        made = Installation(entry.key, entry.fields.version, definition.id, desk.work.now)
        keep_installation(self._session, made, desk.caller.user_id)
        self._definitions[entry.key] = definition
        return _told(entry, outcome, made)


def _told(
    entry: Entry, outcome: Outcome, installed: Installation | None, error: str | None = None
) -> InstalledEntry:
    return InstalledEntry(
        key=entry.key,
        outcome=outcome,
        definition_id=None if installed is None else installed.definition_id,
        version=None if installed is None else installed.version,
        error=error,
    )
