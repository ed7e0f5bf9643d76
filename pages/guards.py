"""Who may open a page, and who may still do what an open one offers: asked again at every event."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps

from fastapi.params import Depends as Dependency
from nicegui import ui
from starlette.requests import Request

from core.api import operators
from core.api.accounts import signed_in_of
from core.clock import Clock, SystemClock
from core.domain.account import SignedIn
from core.domain.permissions import Action, is_allowed
from core.errors import AppError, NextStep, NotFound
from core.services.accounts import Accounts

# Every server-side handler of the operators' pages: its name, and what one must be allowed to do.
HANDLERS: dict[str, Action] = {}

Handler = Callable[..., object]


class PasswordNeeded(AppError):
    """The action can't be undone by a click: the password has to be shown again first."""

    code = "password_needed"
    status = 403
    next_step = NextStep.SIGN_IN


def current_user(request: Request) -> SignedIn | None:
    """The session this request comes from. Raises Unavailable where that could not be found out."""
    return signed_in_of(request)


def require(request: Request, action: Action) -> SignedIn:
    """The session, if its person may do this; else the same NotFound as for an address where nothing stands."""
    try:
        return operators.require(request, action)
    except NotFound:
        raise NotFound("No page stands at this address. Check it, or start from one of these.") from None


def only(action: Action) -> Dependency:
    """For a route: `@ui.page("/ops", dependencies=[only(Action.SEE_OPERATIONS)])`.

    It is asked before any page is built: whoever may not see the page gets the ordinary 404, and holds nothing here.
    """
    return operators.only(action, require)


class Desk:
    """What one open operators' page may do.

    Made while the page is built; raises NotFound for whoever may not see it.
    """

    def __init__(
        self,
        accounts: Accounts,
        request: Request,
        *,
        sees: Action = Action.SEE_OPERATIONS,
        clock: Clock | None = None,
    ) -> None:
        self._accounts = accounts
        self._clock = clock or SystemClock()
        self.signed_in = require(request, sees)

    async def check(self, action: Action) -> SignedIn:
        """The session as it is now, read again from the database.

        Raises NotFound where it has ended or the role may not do this, PasswordNeeded where the password must be
        shown again, Unavailable where the database does not answer.
        """
        found = await self._accounts.find_session(self.signed_in.session_id)
        if found is None or not is_allowed(found.account.role, action):
            raise NotFound("You may not do this, or you are no longer signed in. Open the page again.")
        self.signed_in = found
        if not found.is_fresh(action, self._clock.now()):
            raise PasswordNeeded("Show your password again: this can’t be undone by a click.")
        return found

    async def confirm_password(self, password: str) -> None:
        """Makes this session fresh. Raises what the accounts raise for a wrong password or too many tries."""
        await self._accounts.confirm_password(self.signed_in.session_id, password)

    def acting(self, action: Action, handler: Handler, *, name: str) -> Callable[..., Awaitable[None]]:
        """The handler as it may be given to an element: checks, asks for the password where that is due, runs.

        What goes wrong as expected is shown as a notice. The name is unique to the handler, "panel.verb".
        """
        if HANDLERS.setdefault(name, action) is not action:
            raise ValueError(f"the handler {name} stands for two actions")

        @wraps(handler)
        async def guarded(*arguments: object) -> None:
            try:
                if await self._may_go_on(action):
                    result = handler(*arguments)
                    if inspect.isawaitable(result):
                        await result
            except AppError as error:
                ui.notify(error.message)

        return guarded

    async def _may_go_on(self, action: Action) -> bool:
        """False where the password was asked for and the person gave up."""
        try:
            await self.check(action)
        except PasswordNeeded:
            from pages.components.password_dialog import ask_for_password

            if not await ask_for_password(self.confirm_password):
                return False
            await self.check(action)
        return True
