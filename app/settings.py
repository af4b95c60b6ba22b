class _V:
    dbname='/tmp/gen.db'
class _L: values=_V
def load_server(): return _L
