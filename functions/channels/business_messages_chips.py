"""Chips as Business Messages has them. Pure.

Source: Business Messages REST reference v1 (Suggestion), as of 2024-11.
"""

from functions.channels.google_chips import chip_maker

as_chip = chip_maker(live_agent=lambda _: {"liveAgentRequest": {}})  # has no fields: its label is Google's
