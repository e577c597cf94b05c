"""Images: bytes in, a safe normalised image out; their token counts, fetching, text recognition."""
