"""The bot's side: Dialogflow ES (detectIntent, fulfilment webhook, hand-off signals)."""
