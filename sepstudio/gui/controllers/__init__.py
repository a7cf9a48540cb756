"""One object per concern of the window: each answers actions and turns wishes of the views into edits and jobs."""
