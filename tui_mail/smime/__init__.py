"""S/MIME: where MIME, CMS and trust meet. Pure: bytes, keys, trust and the time in; facts and readable parts out."""
