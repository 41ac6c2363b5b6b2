"""The unattended run: what is new is analysed, reported, told by mail and webhook, and the run says how it went."""
