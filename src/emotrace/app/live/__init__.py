"""The tab *Live*: one socket per listening page, its messages, and the avatar that follows over OSC."""
