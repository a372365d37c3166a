"""Makes LiveChat's webhooks what this deployment needs: `make webhooks`."""
