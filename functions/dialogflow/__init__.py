"""The bot's side: Dialogflow ES and CX (detectIntent, fulfilment webhook, hand-off signals)."""
