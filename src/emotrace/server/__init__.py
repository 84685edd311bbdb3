"""The doors to the network: REST, WebSocket and telephone streams over the same engine as everything else."""
