"""The roots of the layer, as a folder that OpenSSL reads by hash; and what happens where it cannot."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import certifi
import pytest
from alertrelay.channels.transport import tls
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type

from infra import roots

KNOWN = {
    "Amazon Root CA 1": "ce5e74ef",
    "Amazon Root CA 2": "6d41d539",
    "Amazon Root CA 3": "8cb5ee0f",
    "Amazon Root CA 4": "de6d66f3",
    "DigiCert Global Root G2": "607986c7",
    "ISRG Root X1": "4042bcee",
}
"""As `openssl x509 -hash` names them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roots") / "roots"
    roots.write(Path(certifi.where()), folder)
    return folder


def test_every_root_of_the_bundle_is_there_and_nothing_else(folder: Path) -> None:
    bundle = ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)
    files = [ssl.PEM_cert_to_DER_cert(path.read_text()) for path in folder.iterdir()]
    assert sorted(files) == sorted(bundle)
    assert len(files) > 100


@pytest.mark.parametrize("name", KNOWN)
def test_a_root_has_the_name_that_openssl_gives_it(folder: Path, name: str) -> None:
    text = (folder / f"{KNOWN[name]}.0").read_text()
    assert name in x509.load_pem_x509_certificate(text.encode()).subject.rfc4514_string()


def certificate(names: list[Any]) -> tuple[bytes, bytes]:
    """Returns a self-signed certificate for 127.0.0.1 with that subject, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name(names), datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem), private


def verified(context: ssl.SSLContext, served: Path) -> bool:
    """Returns whether a client with that context trusts the certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(served)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        context.wrap_socket(ours, server_hostname="127.0.0.1").close()
        return True
    except ssl.SSLCertVerificationError:
        return False
    finally:
        ours.close()
        thread.join()


TYPES = {
    "utf-8": _ASN1Type.UTF8String,
    "printable": _ASN1Type.PrintableString,
    "bmp": _ASN1Type.BMPString,
    "t61": _ASN1Type.T61String,
    "universal": _ASN1Type.UniversalString,
}


@pytest.mark.parametrize("kind", TYPES)
def test_openssl_finds_a_root_whatever_its_name_is_written_in(tmp_path: Path, kind: str) -> None:
    text = "  Own   ROOT Authority " + ("Größe" if kind in ("utf-8", "bmp") else "")
    names = [
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, text, _type=TYPES[kind]),
    ]
    public, private = certificate(names)
    (tmp_path / "bundle.pem").write_bytes(public)
    (tmp_path / "served.pem").write_bytes(public + private)
    roots.write(tmp_path / "bundle.pem", tmp_path / "roots")
    assert verified(tls.trusting(tmp_path / "roots"), tmp_path / "served.pem")


def test_two_roots_of_one_name_are_both_there_and_another_is_not_trusted(tmp_path: Path) -> None:
    name = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "one")]
    certificates = [certificate(name) for _ in range(3)]
    (tmp_path / "bundle.pem").write_bytes(certificates[0][0] + certificates[1][0])
    roots.write(tmp_path / "bundle.pem", tmp_path / "roots")
    trusted = []
    for number, (public, private) in enumerate(certificates):
        served = tmp_path / f"{number}.pem"
        served.write_bytes(public + private)
        trusted.append(verified(tls.trusting(tmp_path / "roots"), served))
    assert trusted == [True, True, False]


@pytest.mark.parametrize("state", ["missing", "empty", "a file"])
def test_without_the_folder_the_bundle_is_read(tmp_path: Path, state: str) -> None:
    folder = tmp_path / "roots"
    if state == "empty":
        folder.mkdir()
    if state == "a file":
        folder.write_text("")
    assert len(tls.trusting(folder).get_ca_certs()) > 100


def test_a_folder_that_cannot_be_read_is_as_one_that_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tls.trusting(folder).get_ca_certs() == []  # none is read before it is needed
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(tls.trusting(folder).get_ca_certs()) > 100

    def denied(_: object) -> object:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", denied)
    assert len(tls.trusting(folder).get_ca_certs()) > 100


def test_a_context_verifies_and_checks_names(folder: Path) -> None:
    context = tls.trusting(folder)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_that_is_cut_is_an_error() -> None:
    whole = ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)[0]
    with pytest.raises(ValueError, match="cut"):
        roots.name_hash(whole[:-10])
