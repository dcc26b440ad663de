"""MIME: a tree of byte offsets over the untouched message, decoding, rendering and building. Pure; fetches nothing."""
