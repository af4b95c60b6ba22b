"""Use cases and queries over the database models, without IRC text, sockets or threads."""
