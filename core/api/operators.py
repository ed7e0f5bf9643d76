"""Who may ask for operators' figures: whoever may not gets the answer of an address where nothing stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from core.api.accounts import signed_in_of
from core.domain.account import SignedIn
from core.domain.permissions import Action, is_allowed
from core.errors import NotFound


def require(request: Request, action: Action) -> SignedIn:
    """The session, if its person may do this. Raises NotFound, or Unavailable where that could not be found out."""
    signed_in = signed_in_of(request)
    if signed_in is None or not is_allowed(signed_in.account.role, action):
        raise NotFound("There is nothing at this address.")
    return signed_in


def only(action: Action, ask: Callable[[Request, Action], SignedIn] = require) -> Dependency:
    """For a route's `dependencies`: asked before anything of the request is looked at."""

    async def guard(request: Request) -> None:
        ask(request, action)

    guard.__dict__["action"] = action
    return cast("Dependency", Depends(guard))
