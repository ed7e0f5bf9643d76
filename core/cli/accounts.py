"""`sightline grant`, `ban` and `unban`: what only whoever holds the machine may do to an account."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from core.cli.arguments import Commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.domain.account import Account
    from core.services.accounts import Accounts

_ROLES = ("user", "operator", "admin")
_GRANT_HELP = (
    "The person must have signed up before. Operators see /ops and respond; admins also act on data and people. "
    "A lesser role than before ends the person's sessions."
)


def add_to(commands: Commands) -> None:
    grant = commands.add_parser("grant", help="give an account a role", description=_GRANT_HELP)
    grant.add_argument("email", metavar="EMAIL")
    grant.add_argument("role", choices=_ROLES, metavar="ROLE", help=" | ".join(_ROLES))
    grant.set_defaults(run=run_grant)
    ban = commands.add_parser("ban", help="close an account and end its sessions")
    ban.add_argument("email", metavar="EMAIL")
    ban.set_defaults(run=run_ban)
    unban = commands.add_parser("unban", help="open a closed account again")
    unban.add_argument("email", metavar="EMAIL")
    unban.set_defaults(run=run_unban)


def run_grant(arguments: argparse.Namespace) -> int:
    from core.domain.permissions import Role

    role = Role(arguments.role)
    account = _do(lambda accounts, actor: accounts.roles.grant(arguments.email, role, actor=actor))
    print(f"{account.email} is {'an' if role is not Role.USER else 'a'} {role.value} now.")
    return 0


def run_ban(arguments: argparse.Namespace) -> int:
    account = _do(lambda accounts, actor: accounts.roles.ban(arguments.email, actor=actor))
    print(f"The account of {account.email} is closed, and nobody is signed in to it any more.")
    return 0


def run_unban(arguments: argparse.Namespace) -> int:
    account = _do(lambda accounts, actor: accounts.roles.unban(arguments.email, actor=actor))
    print(f"The account of {account.email} is open again.")
    return 0


def _do(act: Callable[[Accounts, str], Awaitable[Account]]) -> Account:
    """Carries it out on the installation's database, in the name of the machine's user."""
    from core.bootstrap import open_services
    from core.config import load_settings

    async def carry_out() -> Account:
        async with open_services(load_settings(), app_name="sightline-cli") as services:
            return await act(services.accounts, f"cli:{machine_user()}")

    return asyncio.run(carry_out())


def machine_user() -> str:
    """The name of the system's user who runs this, or its number where it has no name."""
    import getpass
    import os

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"
