"""People with an account: signing up, in and out, their sessions, roles, and what keeps others out of them."""

from core.services.accounts.accounts import Accounts

__all__ = ["Accounts"]
