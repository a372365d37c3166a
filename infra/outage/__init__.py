"""An outage of LiveChat with thousands of conversations waiting, measured from outside; `python -m infra.outage`."""
