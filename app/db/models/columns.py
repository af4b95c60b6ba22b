"""The declarative base and the column types shared by the models."""

from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

_big = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(_big, primary_key=True, autoincrement=False)]
Serial = Annotated[int, mapped_column(_big, primary_key=True, autoincrement=True)]
Reference = Annotated[int, mapped_column(_big)]
Instant = Annotated[int, mapped_column(_big)]
Name = Annotated[str, mapped_column(String(128))]
RoomId = Annotated[int, mapped_column(_big, ForeignKey("room.id", ondelete="CASCADE"), primary_key=True)]
AccountId = Annotated[
    int, mapped_column(_big, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
]


class Base(DeclarativeBase):
    """Declarative base with a naming convention, so that migrations can name every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
