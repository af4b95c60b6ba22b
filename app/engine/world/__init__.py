"""The world: users, rooms and memberships in memory, owned by the engine thread."""
