"""Pictures of views, and the data behind them, as files."""
