"""The composition root: every room of one sandbox put together, driven, served and rebuilt."""
