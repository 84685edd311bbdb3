"""The call desk: channels and turns, escalation rules, and what a call was like."""
