"""The queue's tables and functions, from the schema file of the installed procrastinate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    from procrastinate.schema import SchemaManager

    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT to_regclass('procrastinate_jobs')")) is not None:
        return  # an operator ran `procrastinate schema --apply` first
    # Straight to the driver, which takes the many statements at once and reads %% as the sign itself.
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
