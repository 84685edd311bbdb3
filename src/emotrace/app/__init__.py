"""The web app: pages that hear, on top of the server.

`emotrace.app.site.add_app` puts them under ``/app`` of a server. A module in ``tabs/`` *is* a tab; ``views/``
holds what tabs draw, as finished HTML; handlers are short and hand the work to the rooms below. Nothing here asks
anybody outside of this machine for anything, and nothing that is heard is kept unless somebody says so.
"""
