"""The WebSocket protocol of uvicorn, with a bound it lacks: how long a socket may outlive its conversation.

When a conversation is over, what is still to be sent waits for the client to take it. One who never does, but
whose system goes on answering, would hold the socket for ever, and a thousand of them the whole server.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_SECONDS = 5.0
"""So long the client may take to read the rest, and to say goodbye."""


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Drops the connection some seconds after the conversation, whether the client has taken everything or not."""

    async def run_asgi(self) -> None:
        """Hold the conversation, and see to its end."""
        try:
            await super().run_asgi()
        finally:
            # Of a connection that is lost already nothing happens.
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)
