"""Floor 3: the one door to other computers. IMAP receives, SMTP submits; every error leaves here as a sentence."""
