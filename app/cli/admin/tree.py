"""The command tree: nouns, top-level verbs, and two aliases kept for compatibility."""

from app.cli.admin import announce, audit, ban, db, history, invite, kick, legacy, metadata, room, user
from app.cli.admin.command_declaration import command, new_admin

app = new_admin(
    "Administer a chat server: accounts, rooms and history. Works with the server running or stopped."
)
for noun in (user.app, invite.app, room.app, history.app, ban.app, db.app, audit.app):
    app.add_typer(noun)
command(user.app, "metadata")(metadata.of_user)
command(room.app, "metadata")(metadata.of_room)
command(app, "kick")(kick.kick)
command(app, "announce")(announce.announce)
command(app, "import-legacy")(legacy.import_legacy)
command(app, "list-users")(user.list_)
command(app, "export-history")(history.export)
