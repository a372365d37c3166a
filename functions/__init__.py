"""The bundle's map: where each thing lives, and who may know whom.

::

    main.py                    what gcloud deploys: re-exports of the doors below, nothing else
    functions/
      dialogflow_webhook.py        one Cloud Function each ("door"): verify, parse, accept, answer
      business_messages_webhook.py
      rcs_webhook.py
      livechat_webhook.py
      redeliver.py
      handoff/    the core: events, conversation, mailbox, bridge; ``languages/`` holds our words.
                  Knows no provider
      channels/   the user's side (Business Messages, RCS for Business)
      livechat/   the agents' side
      dialogflow/ the bot's side
      storage/    versioned documents on Firestore or SQLite
      runtime/    settings, secrets, HTTP, logs, wake-ups, and ``wiring``, where the pieces meet

``handoff/`` imports none of the others; a side imports ``handoff`` and ``runtime.http_client`` only; sides never import
each other; only ``runtime/wiring.py`` names concrete classes. ``tests/test_layout.py`` keeps it so.
"""
