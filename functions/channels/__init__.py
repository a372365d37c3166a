"""The user's side: messaging channels, one file each (webhook parsing and sending)."""
