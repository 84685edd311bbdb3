"""Conversations that are heard while they last, over WebSockets.

`connection` holds one socket within bounds, whatever is said on it, and `channel` hears one voice. `protocol` has
the messages of a plain stream. `phone_messages`, `telephone` (packets in, results out), `line` (that at its
socket) and `switchboard` are for calls and those who monitor them. `asyncapi` describes all messages.
"""
