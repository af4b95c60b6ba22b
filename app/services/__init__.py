"""Use cases over the models: no IRC text, no sockets, no threads."""
