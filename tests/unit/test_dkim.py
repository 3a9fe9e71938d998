"""Mails are signed with the key of their sender's domain, and an independent verifier agrees (R45)."""

import base64
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from worker.delivery.dkim import KeyFileError, Signer

MAIL = (
    b"From: Bergmann Linear <updates@bergmann.example.com>\r\nTo: p@muster.example.com\r\n"
    b"Subject: A subject that was folded\r\n  over  two lines\r\nDate: Wed, 20 May 2026 07:15:00 +0000\r\n"
    b"Message-ID: <1@seller.example>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain\r\n\r\nA line with   spaces \t\r\n.\r\n\r\nlast\r\n\r\n\r\n"
)
KINDS = {
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def kept(folder, key, selector="s1", domain="bergmann.example.com"):
    path = folder / domain / f"{selector}.pem"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def record(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


class BadSignatureError(Exception):
    pass


class VerifyKey:
    """The curve's arithmetic, under the names that dkimpy asks for; the rest of verifying is its own."""

    def __init__(self, key, encoder):
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(encoder(key))

    def verify(self, content, signature):
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            raise BadSignatureError from None
        return content


@pytest.fixture(autouse=True)
def curve(monkeypatch):
    names = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=base64.b64decode),
        exceptions=SimpleNamespace(BadSignatureError=BadSignatureError),
    )
    monkeypatch.setattr(dkim, "nacl", names, raising=False)


@pytest.mark.parametrize("kind", KINDS)
def test_r45_a_signature_is_verified_by_another_implementation(tmp_path, kind):
    key = KINDS[kind]()
    kept(tmp_path, key)
    signed = Signer(tmp_path).sign(MAIL, "updates@Bergmann.example.com")

    def dns(name, timeout=5):  # noqa: ARG001 - dkimpy's shape
        return record(key) if name == b"s1._domainkey.bergmann.example.com." else None

    assert signed.endswith(MAIL)
    assert dkim.verify(signed, dnsfunc=dns)
    assert not dkim.verify(signed.replace(b"last", b"lost"), dnsfunc=dns)
    assert not dkim.verify(signed.replace(b"To: p@", b"To: q@"), dnsfunc=dns)
    assert not dkim.verify(b"From: somebody@else.example\r\n" + signed, dnsfunc=dns)
    assert signed == Signer(tmp_path).sign(MAIL, "updates@bergmann.example.com")
    assert max(len(line) for line in signed.split(b"\r\n")) < 200


def test_a_domain_without_a_key_leaves_unsigned(tmp_path):
    kept(tmp_path, KINDS["ed25519"]())

    assert Signer(tmp_path).sign(MAIL, "updates@northfield.example.com") == MAIL


def test_two_keys_make_two_signatures(tmp_path):
    kept(tmp_path, KINDS["ed25519"](), "e1")
    kept(tmp_path, KINDS["rsa"](), "r1")

    assert Signer(tmp_path).sign(MAIL, "updates@bergmann.example.com").count(b"DKIM-Signature:") == 2


def test_a_key_that_cannot_be_used_is_told_with_its_file(tmp_path):
    with pytest.raises(KeyFileError, match="found no key"):
        Signer(tmp_path)
    kept(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(KeyFileError, match=r"s1\.pem: found another kind"):
        Signer(tmp_path)
    (tmp_path / "bergmann.example.com" / "s1.pem").write_text("nothing")
    with pytest.raises(KeyFileError, match="found no private key"):
        Signer(tmp_path)
