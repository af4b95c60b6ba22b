"""Renaming of accounts by administrators."""

from sqlalchemy import select

from app.db.models import FormerNameRow
from app.events import Event, Kind
from app.events.data import AccountRenamedData
from app.services.accounts.accounts import get_account
from app.services.accounts.administration import check_account_name, require_free_name
from app.services.accounts.name_reservations import make_reservation, reservation_key
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.names import fold

_former = FormerNameRow.__table__.c


def rename_user(admin: Administrator, name: str, new: str, max_length: int, days: int) -> AdminChange:
    """Rename an account, and reserve its old name for a number of days.

    An account may take back a former name of its own while that is reserved.

    Raises: NotFound, AlreadyExists, or UsageError when the new name is not valid.
    """
    account, new = get_account(admin.session, fold(name)), check_account_name(new, max_length)
    if fold(new) != account.key:
        own = select(_former.until).where(_former.account_id == account.id, _former.key == fold(new))
        require_free_name(admin.session, admin.clock, new, is_own=admin.session.scalar(own) is not None)
    key = reservation_key(admin.session.connection(), admin.clock)
    kept_days = days if fold(new) != account.key else 0
    reserved = make_reservation(key, admin.clock, account.name, kept_days)
    digest, until = (None, None) if reserved is None else (reserved.digest, reserved.until)
    event = Event(
        Kind.ACCOUNT_RENAMED,
        nick=admin.by,
        account=account.name,
        target=new,
        data=AccountRenamedData(account.id, digest, until),
    )
    return admin.make_change([] if account.name == new else [event], "user.rename", account.name, to=new)
