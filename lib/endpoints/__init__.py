"""What is known of endpoints: their models, whether they work, which of them see images."""
