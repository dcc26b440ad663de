"""Content encrypted by itself, without an object around it."""

from tui_mail.cms.ciphers import SPARE_BYTES, ContentCipher, ContentEncryption


def encrypt_content(cipher: ContentCipher, key: bytes, content: bytes) -> tuple[bytes, bytes, bytes]:
    """AlgorithmIdentifier, ciphertext and tag."""
    encryption = ContentEncryption(cipher, key)
    size = encryption.size_bytes(len(content))
    room = bytearray(size + SPARE_BYTES)
    tag = encryption.write(content, memoryview(room))
    return encryption.identifier, bytes(room[:size]), tag
