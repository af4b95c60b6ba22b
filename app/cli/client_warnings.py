"""The warnings about the settings of the client."""

from app.settings import ClientSettings, LoadedSettings

UNVERIFIED = "Warning: the server's certificate is not verified, so its identity is unknown."


def list_warnings(loaded: LoadedSettings[ClientSettings]) -> list[str]:
    """Return the warnings about the settings, which the full screen shows, too."""
    warnings = [f"Warning: {warning}" for warning in loaded.warnings]
    if loaded.ignored_files:
        server = f"{loaded.values.ip} port {loaded.values.port}"
        warnings.append(f"Warning: the client connects to {server}, because settings were ignored.")
    if not loaded.values.tls_verify and loaded.values.tls:
        warnings.append(UNVERIFIED)
    return warnings
