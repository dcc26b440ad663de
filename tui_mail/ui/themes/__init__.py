"""Colours and shapes. Plain data, because the first paint uses it before textual is there."""
