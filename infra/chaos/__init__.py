"""`make chaos`: the whole bundle under load while everything around it fails, and every message counted afterwards."""
