"""What everything that goes over the network needs: the transport, and keys that are never shown."""
