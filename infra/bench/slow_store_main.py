"""The functions of main.py as they are, but for their store, which is far away (`slow_store`).

To be given to functions-framework as a source; importing it changes what `wiring` opens in this process.
"""

import main
from functions.runtime import wiring
from infra.bench.slow_store import counted, open_slow_store

vars(wiring)["open_store"] = open_slow_store
business_messages_webhook = counted(main.business_messages_webhook)
dialogflow_webhook = counted(main.dialogflow_webhook)
livechat_webhook = counted(main.livechat_webhook)
rcs_webhook = counted(main.rcs_webhook)
redeliver = counted(main.redeliver)
