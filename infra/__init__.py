"""What is deployed and how, what operators do with it, and the sandbox that stands in for the outside world.

::

    deploy/       make deploy, make destroy: what a deployment is made of (``parts``), its settings file, gcloud, steps
    credentials/  make secrets, make login: credentials into Secret Manager, LiveChat's consent
    webhooks/     make webhooks: LiveChat's registrations, and what to paste into the other consoles
    doctor/       make doctor: is everything in place?
    operate/      make show, forget, dead-letters, resend, reconcile: one conversation, one message
    sandbox/      make run: the functions as processes, stand-ins of every outside system, the page
    chaos/  outage/  bench/   make chaos, make outage, make bench: what holds under fire, and what it costs
"""
