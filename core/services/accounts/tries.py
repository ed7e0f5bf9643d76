"""Counts tries and makes the next one wait where there were too many (core.domain.backoff has the rules)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.db.database import Database
from core.db.queries.attempts import hold_tries, is_usual_place, note_usual_place, write_tries
from core.domain.account import TooManyTries, email_key, network_of
from core.domain.backoff import (
    ACCOUNT_ANYWHERE,
    ACCOUNT_AT_PLACE,
    MAILS_FROM_PLACE,
    MAILS_TO_ADDRESS,
    PLACE,
    USUAL_PLACE_FOR,
    Tries,
    TryRule,
    given_back,
    taken,
    tries_left,
    wait_of,
)
from core.domain.telemetry import Kind, Outcome
from core.ports import Recording
from core.services.accounts.links import Links

Rules = dict[str, TryRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenTry:
    """A try to sign in that was counted. `left` are those that remain before there is a wait."""

    left: int
    pair: str
    keys: frozenset[str]
    usual: str


class TryCounters:
    """Every try is taken in a short transaction of its own, before the slow work it allows."""

    def __init__(self, database: Database, links: Links, clock: Clock, recording: Recording) -> None:
        self._database = database
        self._links = links
        self._clock = clock
        self._recording = recording

    async def take_sign_in(self, email: str, address: str) -> TakenTry:
        """Raises TooManyTries, Unavailable."""
        rules = await self._sign_in_rules(email, address)
        counted = await self._take(rules)
        pair = self._links.salted("sign in", email_key(email), network_of(address))
        usual = self._usual_key(email, address)
        return TakenTry(left=tries_left(counted[pair], rules[pair]), pair=pair, keys=frozenset(rules), usual=usual)

    async def give_back(self, right: TakenTry) -> None:
        """The try was right: this account's counter at this place begins anew, the others forget this one try."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await note_usual_place(session, right.usual, now=now)
            known = await hold_tries(session, right.keys, now=now)
            fresh = {key: given_back(tries) for key, tries in known.items()}
            await write_tries(session, {**fresh, right.pair: Tries(last_at=now)})

    async def take_mail(self, email: str, address: str) -> None:
        """Counts a mail to this address, and one from this place. Raises TooManyTries, Unavailable."""
        await self._take(
            {
                self._links.salted("mail to", email_key(email)): MAILS_TO_ADDRESS,
                self._links.salted("mail from", network_of(address)): MAILS_FROM_PLACE,
            }
        )

    async def take(self, kind: str, subject: str, rule: TryRule) -> int:
        """Tries that are left under a counter of its own. Raises TooManyTries, Unavailable."""
        key = self._links.salted(kind, subject)
        return tries_left((await self._take({key: rule}))[key], rule)

    async def forget(self, kind: str, subject: str) -> None:
        """Begins this counter anew."""
        key, now = self._links.salted(kind, subject), self._clock.now()
        async with self._database.transaction() as session:
            await hold_tries(session, [key], now=now)
            await write_tries(session, {key: Tries(last_at=now)})

    async def _take(self, rules: Mapping[str, TryRule]) -> dict[str, Tries]:
        now = self._clock.now()
        async with self._database.transaction() as session:
            known = await hold_tries(session, rules, now=now)
            wait = max(wait_of(tries, now) for tries in known.values())
            if not wait:
                counted = {key: taken(tries, rules[key], now) for key, tries in known.items()}
                await write_tries(session, counted)
        if wait:
            self._recording.record(Kind.REFUSAL, "back_off", Outcome.LIMITED)
            raise too_many(wait)
        return counted

    async def _sign_in_rules(self, email: str, address: str) -> Rules:
        since = self._clock.now() - USUAL_PLACE_FOR
        async with self._database.read() as session:
            is_usual = await is_usual_place(session, self._usual_key(email, address), since=since)
        rules = {
            self._links.salted("sign in", email_key(email), network_of(address)): ACCOUNT_AT_PLACE,
            self._links.salted("sign in from", network_of(address)): PLACE,
        }
        return rules if is_usual else {**rules, self._links.salted("sign in as", email_key(email)): ACCOUNT_ANYWHERE}

    def _usual_key(self, email: str, address: str) -> str:
        return self._links.salted("usual place", email_key(email), network_of(address))


def too_many(wait: timedelta) -> TooManyTries:
    seconds = math.ceil(wait.total_seconds())
    minutes = math.ceil(seconds / 60)
    amount = "a minute" if minutes == 1 else f"{minutes} minutes"
    return TooManyTries(f"Too many tries. Wait {amount}, then try again.", detail={"wait_s": seconds})


def wait_ahead(left: int) -> str:
    """Said in good time, and not at the first slip of a finger."""
    match left:
        case 0:
            return "There is a short wait before the next try."
        case 1:
            return "After one more try there is a short wait."
        case 2 | 3:
            return f"After {left} more tries there is a short wait."
        case _:
            return ""
