"""The check of a certificate finds what clients would refuse."""

from pathlib import Path

import pytest
from cryptography.x509 import Certificate

from app.services.checks.certificate import check_certificate
from tests.services.checks.authority import NOW, Authority, self_signed, write_chain

ROOT = Authority("root")
INTERMEDIATE = Authority("intermediate", ROOT)
OTHER = Authority("other")


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the root authority only."""
    monkeypatch.setenv("SSL_CERT_FILE", str(write_chain(tmp_path / "root.pem", ROOT.certificate)))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


def problems(folder: Path, *chain: Certificate, host: str | None = None) -> list[str]:
    """Return the problems of a chain; each has advice."""
    result = check_certificate(write_chain(folder / "chain.pem", *chain), NOW, host)
    assert all(finding.advice for finding in result.findings)
    return [finding.problem for finding in result.findings]


def issued(*names: str, days: float = 90, starts: float = -1) -> tuple[Certificate, Certificate]:
    """Return a certificate with the intermediate one."""
    return INTERMEDIATE.issue(*names, days=days, starts=starts), INTERMEDIATE.certificate


def test_a_complete_chain_for_the_host_is_in_order(tmp_path: Path) -> None:
    assert problems(tmp_path, *issued("chat.example.org"), host="chat.example.org") == []
    result = check_certificate(tmp_path / "chain.pem", NOW)
    assert result.summary == f"{tmp_path}/chain.pem for chat.example.org, valid until 2027-02-27"


@pytest.mark.parametrize(
    ("names", "host", "is_valid"),
    [
        (["chat.example.org"], "CHAT.example.org.", True),
        (["*.example.org"], "chat.example.org", True),
        (["*.example.org"], "a.chat.example.org", False),
        (["*.example.org"], "example.org", False),
        (["192.0.2.1", "chat.example.org"], "192.0.2.1", True),
        (["2001:db8::1"], "2001:db8:0::1", True),
        (["chat.example.org"], "192.0.2.1", False),
    ],
)
def test_the_name_that_users_connect_to_must_be_in_it(
    tmp_path: Path, names: list[str], host: str, is_valid: bool
) -> None:
    expected = [] if is_valid else [f"The certificate is not valid for {host}."]
    assert problems(tmp_path, *issued(*names), host=host) == expected


def test_a_certificate_without_names_is_refused_by_clients(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, *issued())
    assert "names no host" in problem


@pytest.mark.parametrize(
    ("days", "starts", "words"),
    [
        (13.5, -1, "expires on 2026-12-12, in 13 days"),
        (14, -1, None),
        (0, -1, "expired on 2026-11-29"),
        (-1, -2, "expired on 2026-11-28"),
        (90, 1, "is valid only from 2026-11-30 00:00 UTC"),
    ],
)
def test_the_dates_are_checked(tmp_path: Path, days: float, starts: float, words: str | None) -> None:
    found = problems(tmp_path, *issued("x.example", days=days, starts=starts))
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_a_chain_without_its_intermediate_authority_is_incomplete(tmp_path: Path) -> None:
    certificate, _ = issued("x.example")
    (problem,) = problems(tmp_path, certificate)
    assert "No authority that this machine trusts vouches for" in problem


def test_a_chain_out_of_order_is_named(tmp_path: Path) -> None:
    certificate, _ = issued("x.example")
    (problem,) = problems(tmp_path, certificate, OTHER.certificate)
    assert problem.startswith("The certificate of CN=other did not issue The certificate of CN=server")


def test_a_self_signed_certificate_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, self_signed("x.example"))
    assert "self-signed" in problem


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_file_without_a_certificate_is_a_finding(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cert.pem"
    path.write_bytes(content)
    (finding,) = check_certificate(path, NOW).findings
    assert "contains no certificate" in finding.problem
    (finding,) = check_certificate(tmp_path / "none.pem", NOW).findings
    assert "No such file" in finding.problem
