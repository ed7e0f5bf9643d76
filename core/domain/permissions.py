"""Who may do what: the whole table. Every handler of an event asks it again; a page that was open knows nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"


class Action(StrEnum):
    """What a person can want to do beyond their own summaries."""

    SEE_OPERATIONS = "see_operations"
    EXPORT_FIGURES = "export_figures"
    RECORD_DEPLOY = "record_deploy"
    SEE_MAINTENANCE = "see_maintenance"
    SEE_AUDIT_LOG = "see_audit_log"
    PREVIEW_ARCHIVAL = "preview_archival"
    ARCHIVE = "archive"
    APPROVE_ARCHIVAL = "approve_archival"
    STOP_ARCHIVAL = "stop_archival"
    RESTORE_ARCHIVE = "restore_archive"
    HOLD = "hold"
    RELEASE_HOLD = "release_hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`needs_fresh`: the password must have been shown within `FRESH_FOR`, since it can't be undone by a click."""

    roles: frozenset[Role]
    needs_fresh: bool = False


FRESH_FOR = timedelta(minutes=15)

_OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
_ADMINS = frozenset({Role.ADMIN})

# The table of the operators' design: see and respond are the operators', data and people the admins'.
PERMISSIONS: dict[Action, Rule] = {
    Action.SEE_OPERATIONS: Rule(roles=_OPERATORS),
    Action.EXPORT_FIGURES: Rule(roles=_OPERATORS),
    Action.RECORD_DEPLOY: Rule(roles=_OPERATORS),
    Action.SEE_MAINTENANCE: Rule(roles=_ADMINS),
    Action.SEE_AUDIT_LOG: Rule(roles=_ADMINS),
    Action.PREVIEW_ARCHIVAL: Rule(roles=_ADMINS),
    Action.ARCHIVE: Rule(roles=_ADMINS, needs_fresh=True),
    Action.APPROVE_ARCHIVAL: Rule(roles=_ADMINS, needs_fresh=True),
    Action.STOP_ARCHIVAL: Rule(roles=_ADMINS),
    Action.RESTORE_ARCHIVE: Rule(roles=_ADMINS, needs_fresh=True),
    Action.HOLD: Rule(roles=_ADMINS),
    Action.RELEASE_HOLD: Rule(roles=_ADMINS, needs_fresh=True),
}


def is_allowed(role: Role | None, action: Action) -> bool:
    """True where this role may; None is a stranger, who may nothing of this."""
    return role in PERMISSIONS[action].roles
