"""Deploy surface: the functions that gcloud deploys, by entry point. Nothing else belongs here."""

from functions.business_messages_webhook import business_messages_webhook
from functions.dialogflow_webhook import dialogflow_webhook
from functions.livechat_webhook import livechat_webhook
from functions.rcs_webhook import rcs_webhook
from functions.redeliver import redeliver

__all__ = ["business_messages_webhook", "dialogflow_webhook", "livechat_webhook", "rcs_webhook", "redeliver"]
