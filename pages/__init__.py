"""The pages people use. `register` is the site map."""

from __future__ import annotations

from core.bootstrap import Services
from core.integrations.mail import mail_way
from pages import (
    account,
    assets,
    batch,
    errors,
    first_admin,
    landing,
    library,
    open_pages,
    reset,
    sign_in,
    sign_up,
    summarize,
    summary,
)
from pages.templating import offer_engines, report_vitals


def register(services: Services) -> None:
    """Defines every page on NiceGUI's own application."""
    report_vitals(services.settings.vitals_sample_ratio)
    errors.register()
    assets.register()
    offer_engines(lambda: services.summaries.menu)
    landing.register(services.summaries)
    summarize.register(services.summaries, services.batches)
    summary.register(services.summaries)
    library.register(services.summaries, services.batches)
    batch.register(services.batches)
    accounts, mails = services.accounts, mail_way(services.settings)
    sign_in.register(accounts, services.summaries)
    sign_up.register(accounts, services.summaries, mails=mails)
    reset.register(accounts, mails=mails)
    first_admin.register(accounts)
    account.register(accounts)
    open_pages.register(accounts)
