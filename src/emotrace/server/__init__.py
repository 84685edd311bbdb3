"""The doors to the network: REST, WebSocket and telephone streams over the same engine as everything else.

``routes/`` holds one file per address. Recordings that are sent whole go through ``uploads/``, into processes of
their own; what is heard as it is spoken goes through ``live/``. What both share stands here: `app` puts it
together, `settings` says how much is allowed, `service` holds the models, the places and the counters.
"""
