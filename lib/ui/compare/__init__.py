"""The page that asks several models at once, and shows their answers side by side."""
