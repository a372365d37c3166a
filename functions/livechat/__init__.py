"""The agents' side: LiveChat 3.6 (webhook parsing, customer and agent calls, tokens)."""
